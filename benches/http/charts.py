"""Charts as SVG, by hand: bars that lie, with whiskers from least to most."""

import html
import math

ROW, LEFT, WIDTH, RIGHT = 26, 190, 420, 130
OURS, OTHERS, INK = "#2f6fb0", "#b9b4a7", "#3c3a36"


def bars(title, rows, first, form, more_is_better, is_log=False):
    """`rows` are (name, value, least, most); those whose names begin like `first` are ours, and have another colour."""
    rows = sorted(rows, key=lambda row: -row[1] if more_is_better else row[1])
    longest = max(row[3] for row in rows) or 1
    shortest = min(row[1] for row in rows)

    def length(value):
        if is_log:
            return WIDTH * (0.06 + 0.94 * math.log(value / shortest) / max(math.log(longest / shortest), 1e-9))
        return WIDTH * value / longest

    height = 54 + ROW * len(rows)
    hint = ("more is better" if more_is_better else "less is better") + (", logarithmic" if is_log else "")
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" font-family="sans-serif" font-size="13" fill="{INK}">',
             '<rect width="100%" height="100%" fill="#fffdf8"/>',
             f'<text x="14" y="22" font-size="15" font-weight="bold">{html.escape(title)}</text>',
             f'<text x="14" y="39" font-size="11">{hint}</text>']
    for index, (name, value, least, most) in enumerate(rows):
        top = 48 + ROW * index
        middle = top + ROW / 2 - 2
        colour = OURS if name.startswith(first) else OTHERS
        parts.append(f'<text x="{LEFT - 8}" y="{middle + 4:.0f}" text-anchor="end">{html.escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{top}" width="{length(value):.1f}" height="{ROW - 6}" rx="2" fill="{colour}"/>')
        if most > least:
            a, b = LEFT + length(least), LEFT + length(most)
            parts.append(f'<path d="M{a:.1f} {middle - 4:.0f}v8M{a:.1f} {middle:.0f}H{b:.1f}M{b:.1f} {middle - 4:.0f}v8" stroke="{INK}" fill="none"/>')
        parts.append(f'<text x="{LEFT + length(most) + 8:.1f}" y="{middle + 4:.0f}">{form.format(value)}</text>')
    return "\n".join([*parts, "</svg>", ""])
