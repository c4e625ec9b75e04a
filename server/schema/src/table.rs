//! A provider's schema in flat arrays, and the bytes it is committed as.
//!
//! The bytes are written column by column (all names, then all types, …), which compresses to half
//! of what rows do. Names are sorted and front-coded, so that an index is an order.

use std::collections::{BTreeMap, BTreeSet};

use crate::body::{Flags, Nesting};
use crate::draft::Draft;
use crate::packed::{Corrupt, Reader, Writer, pack, unpack};

const MAGIC: &[u8] = b"stockade schema 1\n";
const COLUMNS: usize = 9;

/// Stands for the missing body of a type that a difference takes out.
pub(crate) const REMOVED: u32 = u32::MAX;

/// A decoded schema.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// All names, one after the other.
    text: String,
    /// Where each name ends in `text`.
    ends: Vec<u32>,
    pub(crate) types: Vec<Box<str>>,
    pub(crate) bodies: Vec<BodyRow>,
    pub(crate) attributes: Vec<AttributeRow>,
    pub(crate) blocks: Vec<BlockRow>,
    pub(crate) provider_body: Option<u32>,
    /// Name and body (or [`REMOVED`]), sorted by name, by [`crate::Kind`].
    pub(crate) tops: [Vec<(u32, u32)>; 3],
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BodyRow {
    pub(crate) attributes: (u32, u32),
    pub(crate) blocks: (u32, u32),
    pub(crate) deprecated: bool,
    pub(crate) open: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeRow {
    pub(crate) name: u32,
    pub(crate) ty: u16,
    pub(crate) flags: Flags,
    /// `u32::MAX` for none.
    pub(crate) object: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockRow {
    pub(crate) name: u32,
    pub(crate) nesting: Nesting,
    pub(crate) deprecated: bool,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) body: u32,
}

impl Table {
    pub(crate) fn name(&self, index: u32) -> &str {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[index] as usize]
    }
}

/// What stands uncompressed at the start of a committed schema: its provider and version.
pub(crate) fn header(bytes: &[u8]) -> Result<(&str, &str), Corrupt> {
    read_header(bytes).map(|(provider, version, _)| (provider, version))
}

fn read_header(bytes: &[u8]) -> Result<(&str, &str, &[u8]), Corrupt> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC).ok_or(Corrupt)?);
    Ok((reader.text()?, reader.text()?, reader.0))
}

/// The bytes of a schema, as they are committed.
///
/// # Errors
/// If a body refers to one that does not stand before it.
pub fn encode(draft: &Draft) -> Result<Vec<u8>, String> {
    let mut file = Writer(MAGIC.to_vec());
    file.bytes(draft.provider.as_bytes());
    file.bytes(draft.version.as_bytes());
    file.0.extend(pack(&columns(draft)?));
    Ok(file.0)
}

/// A table without the detour over committed bytes.
pub(crate) fn tabulate(draft: &Draft) -> Result<Table, String> {
    read_columns(&columns(draft)?).map_err(|corrupt| corrupt.to_string())
}

fn columns(draft: &Draft) -> Result<Vec<u8>, String> {
    let names: BTreeSet<&str> = draft
        .bodies
        .iter()
        .flat_map(|body| body.attributes.keys().chain(body.blocks.keys()))
        .chain(draft.types.iter().flat_map(BTreeMap::keys))
        .map(String::as_str)
        .collect();
    let index: BTreeMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (*name, i))
        .collect();
    let mut columns: [Writer; COLUMNS] = Default::default();
    let [
        texts,
        kinds,
        counts,
        attribute_names,
        attribute_kinds,
        objects,
        block_names,
        shapes,
        tops,
    ] = &mut columns;

    write_names(texts, &names);
    let all_attributes = draft
        .bodies
        .iter()
        .flat_map(|body| body.attributes.values());
    let dictionary: BTreeSet<(&str, Flags)> =
        all_attributes.map(|a| (a.ty.as_str(), a.flags)).collect();
    let kind_of: BTreeMap<(&str, Flags), usize> = dictionary
        .iter()
        .enumerate()
        .map(|(i, kind)| (*kind, i))
        .collect();
    kinds.number(dictionary.len());
    for (ty, flags) in &dictionary {
        kinds.bytes(ty.as_bytes());
        kinds.number(flags.bits().into());
    }

    counts.number(draft.bodies.len());
    for (at, body) in draft.bodies.iter().enumerate() {
        let back = |to: u32| {
            let distance = at.checked_sub(to as usize).filter(|distance| *distance > 0);
            distance.ok_or_else(|| {
                format!(
                    "body {at} of {} refers to body {to}, which does not stand before it",
                    draft.provider
                )
            })
        };
        counts.number(
            body.attributes.len() << 2 | usize::from(body.open) << 1 | usize::from(body.deprecated),
        );
        counts.number(body.blocks.len());
        let mut last = 0;
        for (name, attribute) in &body.attributes {
            attribute_names.number(index[name.as_str()] - last);
            last = index[name.as_str()];
            attribute_kinds.number(kind_of[&(attribute.ty.as_str(), attribute.flags)]);
            if attribute.ty.ends_with("{}") {
                objects.number(attribute.object.map_or(Ok(0), back)?);
            }
        }
        last = 0;
        for (name, block) in &body.blocks {
            block_names.number(index[name.as_str()] - last);
            last = index[name.as_str()];
            shapes.number((block.nesting as usize) << 1 | usize::from(block.deprecated));
            shapes.number(block.min as usize);
            shapes.number(block.max as usize);
            objects.number(back(block.body)?);
        }
    }
    tops.number(draft.provider_body.map_or(0, |body| body as usize + 1));
    for types in &draft.types {
        tops.number(types.len());
        let mut last = 0;
        for (name, body) in types {
            tops.number(index[name.as_str()] - last);
            last = index[name.as_str()];
            tops.number(body.map_or(0, |body| body as usize + 1));
        }
    }
    let mut payload = Writer::default();
    for column in columns {
        payload.bytes(&column.0);
    }
    Ok(payload.0)
}

fn write_names(texts: &mut Writer, names: &BTreeSet<&str>) {
    texts.number(names.len());
    let mut previous = "";
    for name in names {
        let common = previous
            .bytes()
            .zip(name.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        texts.number(common);
        texts.bytes(&name.as_bytes()[common..]);
        previous = name;
    }
}

/// Reads what [`encode`] wrote.
pub(crate) fn decode(bytes: &[u8]) -> Result<Table, Corrupt> {
    let (_, _, packed) = read_header(bytes)?;
    read_columns(&unpack(packed)?)
}

/// Every index in the result is in range, and a body's parts stand before it.
fn read_columns(payload: &[u8]) -> Result<Table, Corrupt> {
    let mut payload = Reader(payload);
    let mut columns = [Reader(&[]); COLUMNS];
    for column in &mut columns {
        *column = Reader(payload.bytes()?);
    }
    let [
        mut texts,
        mut kinds,
        mut counts,
        mut attribute_names,
        mut attribute_kinds,
        mut objects,
        mut block_names,
        mut shapes,
        mut tops,
    ] = columns;
    let mut table = Table::default();
    read_names(&mut table, &mut texts)?;
    let kinds = read_kinds(&mut table, &mut kinds)?;
    let names = table.ends.len() as u32;

    let bodies = counts.number()?;
    for at in 0..bodies {
        let back = |distance: u32| {
            at.checked_sub(distance)
                .filter(|_| distance > 0)
                .ok_or(Corrupt)
        };
        let head = counts.number()?;
        let (first_attribute, first_block) =
            (table.attributes.len() as u32, table.blocks.len() as u32);
        let mut name = 0;
        for _ in 0..head >> 2 {
            name = in_range(
                attribute_names.number()?.checked_add(name).ok_or(Corrupt)?,
                names,
            )?;
            let &(ty, flags, holds_object) = kinds
                .get(attribute_kinds.number()? as usize)
                .ok_or(Corrupt)?;
            let distance = if holds_object { objects.number()? } else { 0 };
            let object = if distance == 0 {
                u32::MAX
            } else {
                back(distance)?
            };
            table.attributes.push(AttributeRow {
                name,
                ty,
                flags,
                object,
            });
        }
        name = 0;
        for _ in 0..counts.number()? {
            name = in_range(
                block_names.number()?.checked_add(name).ok_or(Corrupt)?,
                names,
            )?;
            let shape = shapes.number()?;
            table.blocks.push(BlockRow {
                name,
                nesting: Nesting::from_index(shape >> 1).ok_or(Corrupt)?,
                deprecated: shape & 1 == 1,
                min: shapes.number()?,
                max: shapes.number()?,
                body: back(objects.number()?)?,
            });
        }
        table.bodies.push(BodyRow {
            attributes: (first_attribute, table.attributes.len() as u32),
            blocks: (first_block, table.blocks.len() as u32),
            deprecated: head & 1 == 1,
            open: head & 2 == 2,
        });
    }
    table.provider_body = tops
        .number()?
        .checked_sub(1)
        .map(|body| in_range(body, bodies))
        .transpose()?;
    for kind in 0..table.tops.len() {
        let mut name = 0;
        for _ in 0..tops.number()? {
            name = in_range(tops.number()?.checked_add(name).ok_or(Corrupt)?, names)?;
            let body = tops
                .number()?
                .checked_sub(1)
                .map_or(Ok(REMOVED), |body| in_range(body, bodies))?;
            table.tops[kind].push((name, body));
        }
    }
    Ok(table)
}

fn in_range(index: u32, count: u32) -> Result<u32, Corrupt> {
    if index < count {
        Ok(index)
    } else {
        Err(Corrupt)
    }
}

fn read_names(table: &mut Table, texts: &mut Reader<'_>) -> Result<(), Corrupt> {
    let mut previous = 0;
    for _ in 0..texts.number()? {
        let common = texts.number()? as usize;
        let start = table.text.len();
        let prefix = table
            .text
            .get(previous..previous + common)
            .ok_or(Corrupt)?
            .to_owned();
        table.text.push_str(&prefix);
        table.text.push_str(texts.text()?);
        table.ends.push(table.text.len() as u32);
        previous = start;
    }
    Ok(())
}

/// Index of the type's code, flags, whether an object's body follows.
fn read_kinds(
    table: &mut Table,
    kinds: &mut Reader<'_>,
) -> Result<Vec<(u16, Flags, bool)>, Corrupt> {
    let mut read = Vec::new();
    for _ in 0..kinds.number()? {
        let code = kinds.text()?;
        let flags = Flags::from_bits(kinds.number()?).ok_or(Corrupt)?;
        let ty = table
            .types
            .iter()
            .position(|known| **known == *code)
            .unwrap_or_else(|| {
                table.types.push(code.into());
                table.types.len() - 1
            });
        read.push((
            u16::try_from(ty).map_err(|_| Corrupt)?,
            flags,
            code.ends_with("{}"),
        ));
    }
    Ok(read)
}
