//! A report as a picture: an area a kind, a rectangle an item, as large as its bytes.
//!
//! Rectangles are laid in rows along the shorter side, and a row ends where another one would make its rectangles
//! longer than they are wide: Bruls, Huizing and van Wijk, "Squarified Treemaps".

use super::report::{Item, Report};
use std::fmt::Write;

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 800.0;

#[derive(Clone, Copy)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The report as SVG.
pub fn draw(report: &Report) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\">\n"
    );
    let kinds = report.sums(|item| &item.kind);
    let sizes: Vec<_> = kinds.iter().map(|(_, bytes)| *bytes as f64).collect();
    let all = Area { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT };
    for (number, ((kind, _), area)) in kinds.iter().zip(lay(&sizes, all)).enumerate() {
        let items: Vec<_> = report.items.iter().filter(|item| item.kind == *kind).collect();
        let sizes: Vec<_> = items.iter().map(|item| item.bytes as f64).collect();
        for (item, area) in items.iter().zip(lay(&sizes, area)) {
            rectangle(&mut svg, item, area, number * 360 / kinds.len());
        }
    }
    svg + "</svg>\n"
}

fn rectangle(svg: &mut String, item: &Item, area: Area, hue: usize) {
    let Area { x, y, width, height } = area;
    let title = escaped(&format!("{} {}, {} bytes {}", item.kind, item.name, item.bytes, item.place));
    let _ = writeln!(
        svg,
        "<g><title>{}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         fill=\"hsl({hue}, 60%, 75%)\" stroke=\"white\"/>",
        title.trim_end()
    );
    const LETTER: f64 = 7.0;
    let letters = ((width - 6.0) / LETTER).max(0.0) as usize;
    if letters >= 3 && height >= 14.0 {
        let name: String = item.name.chars().take(letters).collect();
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"12\">{}</text>",
            x + 3.0,
            y + 12.0,
            escaped(&name)
        );
    }
    svg.push_str("</g>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Areas of these sizes, the largest first, that fill one.
fn lay(sizes: &[f64], mut area: Area) -> Vec<Area> {
    let mut rest: f64 = sizes.iter().sum();
    let mut made = Vec::new();
    while made.len() < sizes.len() && rest > 0.0 {
        let left = &sizes[made.len()..];
        let scale = area.width * area.height / rest;
        let side = area.width.min(area.height);
        let mut count = 1;
        while count < left.len()
            && worst(&left[..count + 1], side, scale) <= worst(&left[..count], side, scale)
        {
            count += 1;
        }
        let sum: f64 = left[..count].iter().sum();
        let depth = if side > 0.0 { sum * scale / side } else { 0.0 };
        let is_wide = area.width >= area.height;
        let mut at = 0.0;
        for size in &left[..count] {
            let len = if sum > 0.0 { side * size / sum } else { 0.0 };
            made.push(match is_wide {
                true => Area { x: area.x, y: area.y + at, width: depth, height: len },
                false => Area { x: area.x + at, y: area.y, width: len, height: depth },
            });
            at += len;
        }
        match is_wide {
            true => (area.x, area.width) = (area.x + depth, (area.width - depth).max(0.0)),
            false => (area.y, area.height) = (area.y + depth, (area.height - depth).max(0.0)),
        }
        rest -= sum;
    }
    made.resize(sizes.len(), Area { width: 0.0, height: 0.0, ..area });
    made
}

/// How much longer than wide the worst rectangle of a row is.
fn worst(row: &[f64], side: f64, scale: f64) -> f64 {
    let sum: f64 = row.iter().sum::<f64>() * scale;
    let (first, last) = (row[0] * scale, row[row.len() - 1] * scale);
    (side * side * first / (sum * sum)).max(sum * sum / (side * side * last))
}
