//! The text of a block that a fix adds.

use smol_str::SmolStr;

use super::render::Rendered;
use crate::fix::FixEdit;

/// Arguments and nested blocks in the order in which they are written.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewBody {
    arguments: Vec<(SmolStr, String)>,
    blocks: Vec<(SmolStr, NewBody)>,
    /// Arguments of the subject that stand here as they stand there.
    copied: Vec<SmolStr>,
    variables: Vec<FixEdit>,
}

impl NewBody {
    /// The last one set counts.
    pub(crate) fn set(&mut self, name: &str, value: Rendered) {
        self.variables.extend(value.variables);
        match self.arguments.iter_mut().find(|(n, _)| n == name) {
            Some((_, text)) => *text = value.text,
            None => self.arguments.push((name.into(), value.text)),
        }
    }

    pub(crate) fn copy(&mut self, name: &SmolStr) {
        self.copied.push(name.clone());
    }

    /// The subject's arguments that are wanted as they are written there.
    pub(crate) fn copied(&self) -> &[SmolStr] {
        &self.copied
    }

    /// Sets an argument in nested blocks, which are made.
    pub(crate) fn set_at(&mut self, path: &[SmolStr], value: Rendered) {
        match path {
            [] => {}
            [name] => self.set(name, value),
            [block, rest @ ..] => match self.blocks.iter_mut().find(|(n, _)| n == block) {
                Some((_, inner)) => inner.set_at(rest, value),
                None => {
                    let mut inner = NewBody::default();
                    inner.set_at(rest, value);
                    self.blocks.push((block.clone(), inner));
                }
            },
        }
    }

    pub(crate) fn add(&mut self, name: &str, body: NewBody) {
        match self
            .blocks
            .iter_mut()
            .find(|(n, b)| n == name && !b.overlaps(&body))
        {
            Some((_, existing)) => existing.merge(body),
            None => self.blocks.push((name.into(), body)),
        }
    }

    pub(crate) fn merge(&mut self, other: NewBody) {
        self.variables.extend(other.variables);
        self.copied.extend(other.copied);
        for (name, text) in other.arguments {
            self.set(
                &name,
                Rendered {
                    text,
                    variables: Vec::new(),
                },
            );
        }
        for (name, body) in other.blocks {
            self.add(&name, body);
        }
    }

    fn overlaps(&self, other: &NewBody) -> bool {
        self.arguments
            .iter()
            .any(|(n, _)| other.arguments.iter().any(|(m, _)| n == m))
    }

    /// The dotted paths of all arguments, below `name`.
    pub(crate) fn argument_paths(&self, name: &str) -> Vec<String> {
        let own = self
            .arguments
            .iter()
            .map(|(argument, _)| format!("{name}.{argument}"));
        let nested = self
            .blocks
            .iter()
            .flat_map(|(block, inner)| inner.argument_paths(&format!("{name}.{block}")));
        own.chain(nested).collect()
    }

    /// The block with this header.
    pub(crate) fn block(&self, header: &str) -> Rendered {
        let mut text = String::new();
        self.write(header, 0, &mut text);
        let mut variables = Vec::new();
        self.collect(&mut variables);
        Rendered {
            text: text.trim_end().to_owned(),
            variables,
        }
    }

    fn collect(&self, variables: &mut Vec<FixEdit>) {
        variables.extend(self.variables.iter().cloned());
        self.blocks.iter().for_each(|(_, b)| b.collect(variables));
    }

    fn write(&self, header: &str, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        if self.arguments.is_empty() && self.blocks.is_empty() {
            out.push_str(&format!("{indent}{header} {}\n", "{}"));
            return;
        }
        out.push_str(&format!("{indent}{header} {{\n"));
        for (name, value) in &self.arguments {
            out.push_str(&format!("{indent}  {name} = {value}\n"));
        }
        for (i, (name, body)) in self.blocks.iter().enumerate() {
            if i > 0 || !self.arguments.is_empty() {
                out.push('\n');
            }
            body.write(name, depth + 1, out);
        }
        out.push_str(&format!("{indent}}}\n"));
    }
}
