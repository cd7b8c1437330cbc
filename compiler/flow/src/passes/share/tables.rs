//! The tables of a choice: columns of numbers by index, and the texts that offsets lead into.
//!
//! Columns are as narrow as their numbers allow. Shapes never have an index in common, so several use one column.

use crate::graph::*;
use koru_base::Name;
use koru_base::idx::IdVec;
use rustc_hash::FxHashMap;

/// The number at an index.
pub type Element = (usize, u64);

/// A table of numbers, each of `width` bytes.
#[derive(Clone, Copy)]
pub struct Column {
    pub global: GlobalId,
    pub width: u8,
}

/// All tables of a choice.
pub struct Tables {
    count: usize,
    columns: Vec<(Column, Vec<Option<u64>>)>,
    texts: Option<Texts>,
}

/// Data that lay in globals of their own.
struct Texts {
    global: GlobalId,
    bytes: Vec<u8>,
    align: u32,
    offsets: FxHashMap<GlobalId, u64>,
}

impl Tables {
    /// Tables of `count` elements.
    pub fn new(count: usize) -> Tables {
        Tables { count, columns: Vec::new(), texts: None }
    }

    /// A column that has these numbers.
    pub fn numbers(&mut self, globals: &mut IdVec<GlobalId, Global>, numbers: &[Element]) -> Column {
        let largest = numbers.iter().map(|(_, number)| *number).max().unwrap_or(0);
        let width = [1, 2, 4].into_iter().find(|width| largest >> (8 * width) == 0).unwrap_or(8);
        let fits = |column: &[Option<u64>]| {
            numbers.iter().all(|&(index, number)| column[index].is_none_or(|known| known == number))
        };
        let known = self.columns.iter().position(|(column, has)| column.width == width && fits(has));
        let at = known.unwrap_or_else(|| {
            let column = Column { global: reserve(globals), width };
            self.columns.push((column, vec![None; self.count]));
            self.columns.len() - 1
        });
        let (column, has) = &mut self.columns[at];
        numbers.iter().for_each(|&(index, number)| has[index] = Some(number));
        *column
    }

    /// Where all texts are.
    pub fn texts(&mut self, globals: &mut IdVec<GlobalId, Global>) -> GlobalId {
        self.all_texts(globals).global
    }

    /// Where a text is among all.
    pub fn offset_of(&mut self, globals: &mut IdVec<GlobalId, Global>, text: GlobalId) -> u64 {
        let texts = self.all_texts(globals);
        let Global { bytes, size, align, .. } = &globals[text];
        *texts.offsets.entry(text).or_insert_with(|| {
            let offset = (texts.bytes.len() as u64).next_multiple_of((*align).into());
            texts.bytes.resize(offset as usize, 0);
            texts.bytes.extend(bytes);
            texts.bytes.resize((offset + size) as usize, 0);
            texts.align = texts.align.max(*align);
            offset
        })
    }

    fn all_texts(&mut self, globals: &mut IdVec<GlobalId, Global>) -> &mut Texts {
        self.texts.get_or_insert_with(|| Texts {
            global: reserve(globals),
            bytes: Vec::new(),
            align: 1,
            offsets: FxHashMap::default(),
        })
    }

    /// Gives the tables their bytes.
    pub fn write(self, globals: &mut IdVec<GlobalId, Global>) {
        for (Column { global, width }, numbers) in self.columns {
            let bytes = |number: u64| number.to_le_bytes().into_iter().take(width.into());
            let bytes = numbers.into_iter().flat_map(|number| bytes(number.unwrap_or(0))).collect();
            fill(&mut globals[global], bytes, width.into());
        }
        if let Some(texts) = self.texts {
            fill(&mut globals[texts.global], texts.bytes, texts.align);
        }
    }
}

fn fill(global: &mut Global, bytes: Vec<u8>, align: u32) {
    global.size = bytes.len() as u64;
    (global.bytes, global.align) = (bytes, align);
}

/// A table without its bytes.
fn reserve(globals: &mut IdVec<GlobalId, Global>) -> GlobalId {
    globals.push(Global {
        name: Name::new(&format!("table.{}", globals.len())),
        bytes: Vec::new(),
        size: 0,
        align: 1,
        relocations: Vec::new(),
        is_const: true,
        is_threadlocal: false,
        linkage: Linkage::Internal,
    })
}
