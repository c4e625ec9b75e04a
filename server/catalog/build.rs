//! Packs the rule pages, one compressed text per provider.
//!
//! Form: for each page its path below `queries/rules` and its text, each ended by a NUL.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new("../../queries/rules");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut pages = Vec::new();
    collect(root, &mut pages)?;
    pages.sort();
    let mut providers: BTreeMap<String, String> = BTreeMap::new();
    for page in &pages {
        let relative = page.strip_prefix(root)?;
        let provider = relative
            .iter()
            .next()
            .ok_or("a page stands in a provider's folder")?;
        let text = fs::read_to_string(page).map_err(|e| format!("{}: {e}", page.display()))?;
        let pack = providers
            .entry(provider.to_string_lossy().into_owned())
            .or_default();
        write!(
            pack,
            "{}\0{text}\0",
            relative.to_string_lossy().replace('\\', "/")
        )?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut table = String::from("const PACKS: &[(&str, &[u8])] = &[\n");
    for (provider, pack) in &providers {
        fs::write(
            out.join(provider),
            lz4_flex::compress_prepend_size(pack.as_bytes()),
        )?;
        writeln!(
            table,
            "    ({provider:?}, include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{provider}\"))),"
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("packs.rs"), table)?;
    Ok(())
}

/// The pages below a folder. What does not end in `.md` or is a `README.md` is none.
fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|e| e == "md")
            && path.file_name().is_some_and(|n| n != "README.md")
        {
            pages.push(path);
        }
    }
    Ok(())
}
