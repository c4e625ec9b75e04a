//! Where a secret goes instead: a variable, the environment.

use smol_str::SmolStr;
use stockade_eval::Step;
use stockade_model::BlockId;
use stockade_syntax::Lowered;
use stockade_syntax::ast::{Block, Item};

use super::{Secret, name};
use crate::finding::Place;
use crate::fix::{Fix, FixEdit, Safety};

/// The fixes of a secret in a segment, the best one first.
pub(super) fn of(block: BlockId, lowered: &Lowered, secret: &Secret) -> Vec<Fix> {
    if secret.file.is_some() || secret.path.is_empty() {
        return Vec::new();
    }
    let at = |path: &[Step]| Place {
        block,
        path: path.to_vec(),
    };
    match &lowered.item {
        // A line of a `.tfvars` file.
        Some(Item::Attribute(attribute)) if secret.is_whole && secret.path.len() == 1 => {
            vec![review(
                format!(
                    "Remove the line (give the value with TF_VAR_{} where Terraform runs)",
                    attribute.name.name
                ),
                vec![FixEdit::Remove {
                    at: at(&secret.path),
                }],
            )]
        }
        Some(Item::Block(top)) => match top.kind.name.as_str() {
            "variable" => of_default(top, &at, secret).into_iter().collect(),
            "terraform" => vec![review(
                "Remove it (give the value in the environment or with -backend-config)".to_owned(),
                vec![FixEdit::Remove {
                    at: at(&secret.path),
                }],
            )],
            "resource" | "data" | "ephemeral" | "provider" | "module" | "locals" | "output" => {
                vec![to_variable(top, &at, secret)]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn review(title: String, edits: Vec<FixEdit>) -> Fix {
    Fix {
        title,
        safety: Safety::Review,
        edits,
    }
}

/// A variable without its default, marked as sensitive.
fn of_default(top: &Block, at: &dyn Fn(&[Step]) -> Place, secret: &Secret) -> Option<Fix> {
    let default = [Step::Attr("default".into())];
    if secret.path != default || !secret.is_whole {
        return None;
    }
    let label = top.labels.first()?;
    let mut edits = vec![FixEdit::Remove { at: at(&default) }];
    if top.body.attribute("sensitive").is_none() {
        edits.push(FixEdit::Set {
            body: at(&[]),
            attribute: "sensitive".into(),
            value: "true".into(),
        });
    }
    Some(review(
        format!(
            "Remove the default and mark the variable as sensitive (give the value with TF_VAR_{})",
            label.name
        ),
        edits,
    ))
}

fn to_variable(top: &Block, at: &dyn Fn(&[Step]) -> Place, secret: &Secret) -> Fix {
    let name = variable_name(top, secret);
    let edits = vec![
        FixEdit::Replace {
            at: at(&secret.place),
            value: format!("var.{name}"),
        },
        FixEdit::AddVariable {
            name: name.clone(),
            ty: "string".into(),
            description:
                "A secret: set it with an environment variable, never in a file that is committed."
                    .into(),
            sensitive: true,
            ephemeral: false,
            stand_in: None,
        },
    ];
    review(
        format!("Ask for it in the variable `{name}` (the value has to come from elsewhere)"),
        edits,
    )
}

/// `db_password`, of what the secret is called; where that says nothing, of its block.
fn variable_name(top: &Block, secret: &Secret) -> SmolStr {
    let mut words = name::words(&secret.name);
    let is_vague = matches!(
        secret.name.as_str(),
        "value" | "password" | "secret" | "token" | "user_data" | "content" | "default" | ""
    );
    if is_vague && let Some(label) = top.labels.last() {
        let label = name::words(&label.name);
        if !label.is_empty() && label != words {
            words = label.into_iter().chain(words).collect();
        }
    }
    if words
        .first()
        .is_none_or(|w| w.starts_with(|c: char| c.is_ascii_digit()))
    {
        words.insert(0, "secret".to_owned());
    }
    words.dedup();
    SmolStr::new(words.join("_"))
}
