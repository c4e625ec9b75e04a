//! Where a configuration keeps its state.

use smol_str::SmolStr;
use stockade_syntax::ast::Block;
use stockade_syntax::parse_body;

/// The arguments of backends that name what is kept in a cloud: `s3`, `gcs`, `oss`, `cos`, `azurerm`.
const NAMES: [&str; 2] = ["bucket", "storage_account_name"];

/// The names of the buckets and storage accounts in which a `terraform` block keeps the state.
pub fn stores_of(terraform: &Block) -> impl Iterator<Item = SmolStr> {
    let backends = terraform.body.blocks().filter(|b| b.kind.name == "backend");
    backends.flat_map(|backend| {
        let named = NAMES.into_iter().filter_map(|n| backend.body.attribute(n));
        named.filter_map(|attribute| attribute.value.literal_string())
    })
}

/// The same for a file's text, in HCL.
pub fn stores_in(text: &str) -> Vec<SmolStr> {
    if memchr::memmem::find(text.as_bytes(), b"backend").is_none() {
        return Vec::new();
    }
    let (body, _) = parse_body(text);
    let blocks = body.blocks().filter(|b| b.kind.name == "terraform");
    blocks.flat_map(stores_of).collect()
}
