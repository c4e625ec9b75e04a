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
    // No entry takes less than a byte in these columns.
    let mut table = Table {
        bodies: Vec::with_capacity(counts.0.len() / 2),
        attributes: Vec::with_capacity(attribute_kinds.0.len()),
        blocks: Vec::with_capacity(block_names.0.len()),
        ..Table::default()
    };
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
    let (mut text, mut previous) = (Vec::with_capacity(8 * texts.0.len()), 0);
    for _ in 0..texts.number()? {
        let start = text.len();
        let common = previous..previous + texts.number()? as usize;
        if common.end > start {
            return Err(Corrupt);
        }
        text.extend_from_within(common);
        text.extend_from_slice(texts.bytes()?);
        table.ends.push(text.len() as u32);
        previous = start;
    }
    // Cut anywhere, ASCII stays text.
    table.text = String::from_utf8(text)
        .ok()
        .filter(|text| text.is_ascii())
        .ok_or(Corrupt)?;
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::draft::{DraftAttribute, DraftBlock, DraftBody};

    fn attribute(ty: &str, flags: Flags, object: Option<u32>) -> DraftAttribute {
        DraftAttribute {
            ty: ty.to_owned(),
            flags,
            object,
        }
    }

    /// Two types, one of which holds a block that holds a list of objects.
    fn sample() -> Draft {
        let mut draft = Draft {
            provider: "x".to_owned(),
            version: "1.2.3".to_owned(),
            ..Draft::default()
        };
        let known = &mut HashMap::new();
        let mut rule = DraftBody::default();
        rule.attributes
            .insert("port".to_owned(), attribute("n", Flags::REQUIRED, None));
        rule.attributes
            .insert("ports".to_owned(), attribute("Ln", Flags::OPTIONAL, None));
        let rule = draft.intern(known, rule);
        let mut firewall = DraftBody {
            deprecated: true,
            ..DraftBody::default()
        };
        firewall.attributes.insert(
            "rules".to_owned(),
            attribute("L{}", Flags::OPTIONAL, Some(rule)),
        );
        let firewall = draft.intern(known, firewall);
        let mut server = DraftBody::default();
        server
            .attributes
            .insert("password".to_owned(), attribute("s", Flags::OPTIONAL, None));
        let block = DraftBlock {
            nesting: Nesting::Set,
            min: 1,
            max: 3,
            body: firewall,
            deprecated: true,
        };
        server.blocks.insert("firewall".to_owned(), block);
        let server = draft.intern(known, server);
        draft.provider_body = Some(rule);
        draft.types[0].insert("x_firewall".to_owned(), Some(firewall));
        draft.types[0].insert("x_server".to_owned(), Some(server));
        draft.types[1].insert("x_server".to_owned(), Some(server));
        draft
    }

    /// The draft that a table came from.
    fn draft_of(bytes: &[u8]) -> Draft {
        let table = decode(bytes).unwrap_or_else(|e| panic!("{e}"));
        let (provider, version) = header(bytes).unwrap_or_else(|e| panic!("{e}"));
        let name = |index| table.name(index).to_owned();
        let body = |row: &BodyRow| DraftBody {
            attributes: table.attributes[row.attributes.0 as usize..row.attributes.1 as usize]
                .iter()
                .map(|a| {
                    let object = (a.object != u32::MAX).then_some(a.object);
                    (
                        name(a.name),
                        attribute(&table.types[usize::from(a.ty)], a.flags, object),
                    )
                })
                .collect(),
            blocks: table.blocks[row.blocks.0 as usize..row.blocks.1 as usize]
                .iter()
                .map(|b| {
                    let BlockRow {
                        nesting,
                        deprecated,
                        min,
                        max,
                        body,
                        ..
                    } = *b;
                    (
                        name(b.name),
                        DraftBlock {
                            nesting,
                            min,
                            max,
                            body,
                            deprecated,
                        },
                    )
                })
                .collect(),
            deprecated: row.deprecated,
            open: row.open,
        };
        let top = |(ty, body): &(u32, u32)| (name(*ty), (*body != REMOVED).then_some(*body));
        Draft {
            provider: provider.to_owned(),
            version: version.to_owned(),
            bodies: table.bodies.iter().map(body).collect(),
            provider_body: table.provider_body,
            types: table
                .tops
                .each_ref()
                .map(|tops| tops.iter().map(top).collect()),
        }
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let draft = sample();
        let bytes = encode(&draft).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(draft_of(&bytes), draft);
        assert_eq!(encode(&sample()), Ok(bytes), "equal drafts, equal bytes");
    }

    #[test]
    fn a_difference_holds_what_changed() {
        let base = sample();
        let mut newer = sample();
        let server = newer.types[0]["x_server"].unwrap_or_else(|| panic!("x_server"));
        let marked = newer
            .mark_sensitive(&mut HashMap::new(), server, &["password"])
            .unwrap_or_else(|| panic!("x_server.password"));
        newer.types[0].insert("x_server".to_owned(), Some(marked));
        newer.types[0].remove("x_firewall");
        let difference = newer.difference(&base);
        assert_eq!(
            difference.types[0].keys().collect::<Vec<_>>(),
            ["x_firewall", "x_server"]
        );
        assert_eq!(difference.types[0]["x_firewall"], None);
        assert!(
            difference.types[1].is_empty(),
            "the data source is unchanged"
        );
        let bytes = encode(&difference).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(draft_of(&bytes), difference);
    }

    #[test]
    fn marks_reach_into_blocks_and_objects() {
        let mut draft = sample();
        let server = draft.types[0]["x_server"].unwrap_or_else(|| panic!("x_server"));
        let known = &mut HashMap::new();
        for (path, there) in [
            (&["firewall", "rules", "port"][..], true),
            (&["firewall", "rules", "name"], false),
            (&["firewall"], false),
            (&["password", "x"], false),
            (&[], false),
        ] {
            assert_eq!(
                draft.mark_sensitive(known, server, path).is_some(),
                there,
                "{path:?}"
            );
        }
        let pruned = draft.pruned();
        assert_eq!(
            pruned.bodies.len(),
            sample().bodies.len(),
            "unused copies are left out"
        );
    }

    #[test]
    fn order_is_checked() {
        let mut draft = sample();
        draft.bodies.reverse();
        assert!(encode(&draft).is_err_and(|e| e.contains("does not stand before it")));
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        let bytes = encode(&sample()).unwrap_or_else(|e| panic!("{e}"));
        assert!((0..bytes.len()).all(|length| decode(&bytes[..length]).is_err()));
        let raw = columns(&sample()).unwrap_or_else(|e| panic!("{e}"));
        for at in 0..raw.len() {
            let mut damaged = raw.clone();
            damaged[at] ^= 0x55;
            if let Ok(table) = read_columns(&damaged) {
                assert!(
                    table
                        .attributes
                        .iter()
                        .all(|a| (a.name as usize) < table.ends.len())
                );
                assert!(
                    table
                        .blocks
                        .iter()
                        .all(|b| (b.body as usize) < table.bodies.len())
                );
            }
        }
    }
}
