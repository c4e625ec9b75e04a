//! YAML whose values are all texts: `2.10` stays `2.10`, a date a date.

use saphyr_parser::{Event, Parser, Span, StrInput};

/// Line and column, from 1.
pub type At = (u32, u32);

/// Where a text can't be read, and why.
pub type YamlError = (At, String);

/// A value and where it begins.
pub struct Node {
    /// Its first character.
    pub at: At,
    /// What it holds.
    pub value: Yaml,
}

/// A scalar, sequence or mapping.
pub enum Yaml {
    /// As it is written, without quotes.
    Text(String),
    /// Its items.
    List(Vec<Node>),
    /// Each key with its place.
    Map(Vec<(String, At, Node)>),
}

impl Node {
    /// The entry of a mapping.
    pub fn get(&self, name: &str) -> Option<&Node> {
        let mut entries = self.entries();
        Some(&entries.find(|(key, ..)| key == name)?.2)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> impl Iterator<Item = &(String, At, Node)> {
        match &self.value {
            Yaml::Map(entries) => entries.as_slice(),
            _ => &[],
        }
        .iter()
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Yaml::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar as it is written.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Yaml::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads the first document of a text; an empty mapping where there is none. Places are told as if so many lines were
/// above.
pub fn read(yaml: &str, above: usize) -> Result<Node, YamlError> {
    let parser = Parser::new_from_str(yaml);
    let mut nodes = Nodes { parser, above };
    loop {
        let (event, span) = nodes.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => {
                return Ok(Node {
                    at: nodes.position(1, 0),
                    value: Yaml::Map(Vec::new()),
                });
            }
            event => return nodes.node(event, span, 0),
        }
    }
}

/// Builds nodes out of the parser's events.
struct Nodes<'a> {
    parser: Parser<'a, StrInput<'a>>,
    above: usize,
}

impl<'a> Nodes<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), YamlError> {
        match self.parser.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err((
                self.position(error.marker().line(), error.marker().col()),
                error.info().to_owned(),
            )),
            None => Err((self.position(1, 0), "it ends in the middle".to_owned())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: u32) -> Result<Node, YamlError> {
        let at = self.position(span.start.line(), span.start.col());
        if depth > 8 {
            return Err((at, "it is nested too deeply".to_owned()));
        }
        let value = match event {
            Event::Scalar(text, ..) => Yaml::Text(text.into_owned()),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Yaml::List(items),
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break Yaml::Map(entries);
                    }
                    let key = self.node(event, span, depth + 1)?;
                    let Yaml::Text(name) = key.value else {
                        return Err((key.at, "expected a plain key".to_owned()));
                    };
                    let (event, span) = self.next()?;
                    entries.push((name, key.at, self.node(event, span, depth + 1)?));
                }
            }
            _ => return Err((at, "aliases and tags have no meaning here".to_owned())),
        };
        Ok(Node { at, value })
    }

    /// The parser counts lines from 1 and columns from 0.
    fn position(&self, line: usize, column: usize) -> At {
        (
            u32::try_from(line + self.above).unwrap_or(u32::MAX),
            u32::try_from(column + 1).unwrap_or(u32::MAX),
        )
    }
}
