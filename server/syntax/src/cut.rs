//! The lexical scan: where does a segment end?
//!
//! A cut is a pure function of the text from the previous cut on, in the initial state. So cuts
//! found after an edit are those of a fresh scan. The scan knows strings, templates, heredocs and
//! comments, and nothing else of HCL; where brackets don't balance, a line at column 0 that looks
//! like a block's header is a cut all the same.

use rustc_hash::FxHashMap;
use stockade_text::Rope;

/// A segment's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) end: usize,
    /// How many bytes past the end decided it.
    pub(crate) look: usize,
    /// Something that opens in this segment (`/*`, `<<ID`) closes nowhere below: the end depends on
    /// all of the text that follows.
    pub(crate) is_far: bool,
    /// How many brackets, strings and templates were open at once.
    pub(crate) nesting: usize,
}

/// Finds cuts in a text.
pub(crate) struct Scanner<'r> {
    reader: Reader<'r>,
    /// A search for a `*/` was in vain; the next ones would be.
    open_comment: bool,
    /// A search for a heredoc's end was in vain.
    open_heredoc: bool,
    /// Made at the second such search: while somebody types a marker, there is one.
    heredoc_lines: Option<HeredocLines>,
}

/// The lines of a text that decide where heredocs end, so that many searches cost no more than one.
#[derive(Default)]
struct HeredocLines {
    headers: Vec<usize>,
    markers: FxHashMap<Vec<u8>, MarkerLines>,
}

#[derive(Default)]
struct MarkerLines {
    /// Lines that hold the marker alone, and its end.
    alone: Vec<(usize, usize)>,
    /// Lines that end in `<<` and the marker.
    openers: Vec<usize>,
}

/// What a line means to heredocs.
struct HeredocLine {
    is_header: bool,
    marker: Option<Marker>,
}

enum Marker {
    /// Alone on its line, and where it ends.
    Alone(Vec<u8>, usize),
    /// After `<<` at the end of its line.
    Opener(Vec<u8>),
}

/// What is open: a bracket, a string, or a template's `${`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Brace,
    Parenthesis,
    Bracket,
    String,
    Template,
}

/// All that is open, innermost last.
#[derive(Default)]
struct Stack {
    open: Vec<Open>,
    /// The braces and templates among them.
    braces: Vec<Brace>,
    /// What is open outside of any brace.
    outside: Brace,
    deepest: usize,
}

/// An open brace or template, and what is open directly inside of it.
#[derive(Clone, Copy, Default)]
struct Brace {
    index: usize,
    parentheses: usize,
    brackets: usize,
}

/// Blocks without labels that stand at top level.
const BARE: &[&[u8]] = &[
    b"terraform",
    b"locals",
    b"moved",
    b"import",
    b"removed",
    b"variables",
    b"encryption",
];
/// Labelled blocks that are always nested: at column 0 (an unformatted file) they force no cut.
const NESTED: &[&[u8]] = &[
    b"dynamic",
    b"provisioner",
    b"backend",
    b"provider_meta",
    b"mock_resource",
    b"mock_data",
];

impl<'r> Scanner<'r> {
    pub(crate) fn new(rope: &'r Rope) -> Scanner<'r> {
        let reader = Reader {
            rope,
            chunk: &[],
            base: 0,
            len: rope.len_bytes(),
        };
        Scanner {
            reader,
            open_comment: false,
            open_heredoc: false,
            heredoc_lines: None,
        }
    }

    /// The end of the segment that begins at `start`.
    pub(crate) fn next(&mut self, start: usize) -> Cut {
        let mut stack = Stack::default();
        let mut has_item = false;
        let mut is_far = false;
        // Where the run of comment lines at column 0 just above begins.
        let mut comments: Option<usize> = None;
        let mut at = start;
        loop {
            if at >= self.reader.len {
                // Anything appended may belong to this segment.
                return Cut {
                    end: self.reader.len,
                    look: 1,
                    is_far,
                    nesting: stack.deepest,
                };
            }
            if at > start
                && let Some((end, look)) =
                    self.cut_at_line(at, stack.open.is_empty(), has_item, &mut comments)
            {
                let nesting = stack.deepest;
                return Cut {
                    end,
                    look,
                    is_far,
                    nesting,
                };
            }
            at = self.line(at, &mut stack, &mut has_item, &mut is_far);
        }
    }

    /// Whether a line begins a new segment: the cut, and how far past it was looked.
    fn cut_at_line(
        &mut self,
        line: usize,
        is_top: bool,
        has_item: bool,
        comments: &mut Option<usize>,
    ) -> Option<(usize, usize)> {
        let mut first = line;
        while is_blank(self.reader.at(first)) {
            first += 1;
        }
        let byte = self.reader.at(first);
        let next = self.reader.at(first + 1);
        let is_comment = byte == b'#' || (byte == b'/' && (next == b'/' || next == b'*'));
        if is_top {
            *comments = None;
            return (has_item && (is_start(byte) || is_comment))
                .then_some((line, first + 2 - line));
        }
        if first == line && is_start(byte) {
            if let Some(after) = self.reader.header(line) {
                let cut = comments.unwrap_or(line);
                return Some((cut, after - cut));
            }
            *comments = None;
        } else if first == line && is_comment && next != b'*' {
            comments.get_or_insert(line);
        } else {
            *comments = None;
        }
        None
    }

    /// Reads a line, or several when a heredoc or a block comment spans them. Returns the start of
    /// the next one.
    fn line(
        &mut self,
        start: usize,
        stack: &mut Stack,
        has_item: &mut bool,
        is_far: &mut bool,
    ) -> usize {
        let mut at = start;
        while at < self.reader.len {
            let byte = self.reader.at(at);
            if stack.innermost() == Some(Open::String) {
                at = self.in_string(at, byte, stack);
                continue;
            }
            match byte {
                b'\n' => return at + 1,
                b' ' | b'\t' | b'\r' => {
                    at += 1;
                    continue;
                }
                b'#' => {
                    at = self.reader.end_of_line(at);
                    continue;
                }
                b'/' if self.reader.at(at + 1) == b'/' => {
                    at = self.reader.end_of_line(at);
                    continue;
                }
                b'/' if self.reader.at(at + 1) == b'*' => match self.close_of_comment(at + 2) {
                    Some(end) => {
                        at = end;
                        continue;
                    }
                    None => {
                        *is_far = true;
                        at += 2;
                    }
                },
                b'<' if self.reader.at(at + 1) == b'<' => at = self.heredoc(at, is_far),
                _ => {
                    stack.bracket(byte);
                    at += 1;
                }
            }
            *has_item = true;
        }
        at
    }

    fn in_string(&mut self, at: usize, byte: u8, stack: &mut Stack) -> usize {
        let next = self.reader.at(at + 1);
        match byte {
            b'"' => {
                stack.close_string();
                at + 1
            }
            // An open quote ends with its line.
            b'\n' => {
                stack.close_string();
                at
            }
            b'\\' => at + if next == b'\n' { 1 } else { 2 },
            b'$' | b'%' if next == b'{' => {
                stack.push(Open::Template);
                at + 2
            }
            b'$' | b'%' if next == byte && self.reader.at(at + 2) == b'{' => at + 3,
            _ => at + 1,
        }
    }

    /// From `<<`: the end of the heredoc, or of what turned out to be none.
    fn heredoc(&mut self, at: usize, is_far: &mut bool) -> usize {
        let mut start = at + 2;
        if self.reader.at(start) == b'-' {
            start += 1;
        }
        let mut end = start;
        if is_start(self.reader.at(end)) {
            while is_continue(self.reader.at(end)) {
                end += 1;
            }
        }
        let mut line_end = end;
        while is_blank(self.reader.at(line_end)) {
            line_end += 1;
        }
        if end == start || self.reader.at(line_end) != b'\n' {
            return at + 2;
        }
        let marker = self.reader.bytes(start, end);
        match self.close_of_heredoc(line_end + 1, &marker) {
            Some(close) => close,
            None => {
                *is_far = true;
                line_end
            }
        }
    }

    /// After the marker of the first line that holds nothing else. Not closed when the text ends
    /// before, or when, below a line that looks like a header, another heredoc with this marker
    /// begins: the marker is that one's.
    fn close_of_heredoc(&mut self, from: usize, marker: &[u8]) -> Option<usize> {
        if let Some(lines) = &self.heredoc_lines {
            return lines.close(from, marker);
        }
        let finder = memchr::memmem::Finder::new(marker);
        let mut line = from;
        let mut has_header = false;
        while line < self.reader.len {
            let end = self.reader.end_of_line(line);
            let may_be_header = !has_header && is_start(self.reader.at(line));
            if may_be_header || self.reader.ends_in(line, end, marker) {
                let here = self.reader.heredoc_line(line);
                match here.marker {
                    Some(Marker::Alone(found, end)) if found == marker => return Some(end),
                    Some(Marker::Opener(found)) if has_header && found == marker => break,
                    _ => has_header |= here.is_header,
                }
            }
            line = match has_header {
                true => self.reader.line_with(&finder, end + 1),
                false => end + 1,
            };
        }
        if self.open_heredoc {
            self.heredoc_lines = Some(self.reader.heredoc_lines(from));
        }
        self.open_heredoc = true;
        None
    }

    /// After the first `*/`. HCL's comments do not nest.
    fn close_of_comment(&mut self, from: usize) -> Option<usize> {
        if self.open_comment {
            return None;
        }
        let mut at = from;
        while at < self.reader.len {
            if self.reader.at(at) == b'*' && self.reader.at(at + 1) == b'/' {
                return Some(at + 2);
            }
            at += 1;
        }
        self.open_comment = true;
        None
    }
}

impl HeredocLines {
    fn close(&self, from: usize, marker: &[u8]) -> Option<usize> {
        let lines = self.markers.get(marker)?;
        let alone = lines.alone.partition_point(|(line, _)| *line < from);
        let (alone, end) = lines.alone.get(alone)?;
        let header = self.headers.partition_point(|line| *line < from);
        let opener = self.headers.get(header).and_then(|header| {
            let opener = lines.openers.partition_point(|line| line <= header);
            lines.openers.get(opener)
        });
        opener.is_none_or(|opener| alone < opener).then_some(*end)
    }
}

impl Stack {
    fn innermost(&self) -> Option<Open> {
        self.open.last().copied()
    }

    fn push(&mut self, open: Open) {
        match open {
            Open::Brace | Open::Template => self.braces.push(Brace {
                index: self.open.len(),
                ..Brace::default()
            }),
            Open::Parenthesis | Open::Bracket => *self.count(open) += 1,
            Open::String => {}
        }
        self.open.push(open);
        self.deepest = self.deepest.max(self.open.len());
    }

    /// How many of these are open inside of the innermost brace.
    fn count(&mut self, open: Open) -> &mut usize {
        let brace = self.braces.last_mut().unwrap_or(&mut self.outside);
        match open {
            Open::Parenthesis => &mut brace.parentheses,
            _ => &mut brace.brackets,
        }
    }

    fn close_string(&mut self) {
        self.open.pop();
    }

    fn bracket(&mut self, byte: u8) {
        match byte {
            b'"' => self.push(Open::String),
            b'{' => self.push(Open::Brace),
            b'(' => self.push(Open::Parenthesis),
            b'[' => self.push(Open::Bracket),
            b'}' => self.close_brace(),
            b')' => self.close(Open::Parenthesis),
            b']' => self.close(Open::Bracket),
            _ => {}
        }
    }

    /// Closes the innermost brace or template, and whatever is open inside of it.
    fn close_brace(&mut self) {
        if let Some(brace) = self.braces.pop() {
            self.open.truncate(brace.index);
        }
    }

    /// Closes the innermost bracket of a kind inside of the innermost brace, and what is open in it.
    fn close(&mut self, wanted: Open) {
        while *self.count(wanted) > 0 {
            let Some(open) = self.open.pop() else { return };
            *self.count(open) -= 1;
            if open == wanted {
                return;
            }
        }
    }
}

/// Bytes of a rope, the current chunk at hand.
struct Reader<'r> {
    rope: &'r Rope,
    chunk: &'r [u8],
    base: usize,
    len: usize,
}

impl Reader<'_> {
    /// The byte at a place; 0 past the end.
    fn at(&mut self, at: usize) -> u8 {
        if let Some(byte) = self.chunk.get(at.wrapping_sub(self.base)) {
            return *byte;
        }
        if at >= self.len {
            return 0;
        }
        let (chunk, base, _, _) = self.rope.chunk_at_byte(at);
        self.chunk = chunk.as_bytes();
        self.base = base;
        self.chunk[at - base]
    }

    /// The next line break, or the end.
    fn end_of_line(&mut self, mut at: usize) -> usize {
        while at < self.len {
            self.at(at);
            let offset = at - self.base;
            match memchr::memchr(b'\n', &self.chunk[offset..]) {
                Some(found) => return at + found,
                None => at = self.base + self.chunk.len(),
            }
        }
        self.len
    }

    /// The start of the first line from one on that has these bytes in it, or the end of the text.
    fn line_with(&mut self, finder: &memchr::memmem::Finder<'_>, line: usize) -> usize {
        let needle = finder.needle();
        let mut at = line;
        while at < self.len {
            self.at(at);
            if let Some(found) = finder.find(&self.chunk[at - self.base..]) {
                return self.start_of_line(at + found);
            }
            let end = self.base + self.chunk.len();
            // It may begin in this chunk of the rope and end in the next.
            let tail = end.saturating_sub(needle.len().saturating_sub(1)).max(at);
            if let Some(found) = (tail..end).find(|at| self.equals(*at, needle)) {
                return self.start_of_line(found);
            }
            at = end;
        }
        self.len
    }

    fn start_of_line(&mut self, mut at: usize) -> usize {
        while at > 0 && self.at(at - 1) != b'\n' {
            at -= 1;
        }
        at
    }

    /// Whether a line ends in these bytes, blanks aside.
    fn ends_in(&mut self, line: usize, mut end: usize, bytes: &[u8]) -> bool {
        while end > line && is_blank(self.at(end - 1)) {
            end -= 1;
        }
        end >= line + bytes.len() && self.equals(end - bytes.len(), bytes)
    }

    /// What the line from a place on means to heredocs.
    fn heredoc_line(&mut self, line: usize) -> HeredocLine {
        let end = self.end_of_line(line);
        let mut first = line;
        while first < end && is_blank(self.at(first)) {
            first += 1;
        }
        let mut last = end;
        while last > first && is_blank(self.at(last - 1)) {
            last -= 1;
        }
        let mut word = last;
        while word > first && is_continue(self.at(word - 1)) {
            word -= 1;
        }
        let is_alone = word == first && word < last && is_start(self.at(word));
        let is_opener = word >= first + 2 && self.equals(word - 2, b"<<");
        let marker = if is_alone {
            Some(Marker::Alone(self.bytes(word, last), last))
        } else if is_opener {
            let dash = usize::from(self.at(word) == b'-');
            Some(Marker::Opener(self.bytes(word + dash, last)))
        } else {
            None
        };
        HeredocLine {
            is_header: first == line && self.header(line).is_some(),
            marker,
        }
    }

    /// Those of all lines from one on.
    fn heredoc_lines(&mut self, from: usize) -> HeredocLines {
        let mut lines = HeredocLines::default();
        let mut line = from;
        while line < self.len {
            let here = self.heredoc_line(line);
            if here.is_header {
                lines.headers.push(line);
            }
            match here.marker {
                Some(Marker::Alone(marker, end)) => {
                    let of_marker = lines.markers.entry(marker).or_default();
                    of_marker.alone.push((line, end));
                }
                Some(Marker::Opener(marker)) => {
                    lines.markers.entry(marker).or_default().openers.push(line);
                }
                None => {}
            }
            line = self.end_of_line(line) + 1;
        }
        lines
    }

    fn bytes(&mut self, start: usize, end: usize) -> Vec<u8> {
        (start..end).map(|at| self.at(at)).collect()
    }

    fn equals(&mut self, at: usize, bytes: &[u8]) -> bool {
        at + bytes.len() <= self.len && bytes.iter().enumerate().all(|(i, b)| self.at(at + i) == *b)
    }

    /// After the `{` of a top-level block's header that begins at column 0.
    fn header(&mut self, line: usize) -> Option<usize> {
        if !is_start(self.at(line)) {
            return None;
        }
        let mut at = line;
        while is_continue(self.at(at)) {
            at += 1;
        }
        let length = at - line;
        let is_nested = NESTED
            .iter()
            .any(|w| w.len() == length && self.equals(line, w));
        let is_bare = BARE
            .iter()
            .any(|w| w.len() == length && self.equals(line, w));
        let mut has_label = false;
        loop {
            while is_blank(self.at(at)) {
                at += 1;
            }
            match self.at(at) {
                b'"' => {
                    at += 1;
                    while self.at(at) != b'"' {
                        if self.at(at) == b'\n' || at >= self.len {
                            return None;
                        }
                        at += 1;
                    }
                    at += 1;
                    has_label = true;
                }
                b'{' if !is_nested && (has_label || is_bare) => return Some(at + 1),
                _ => return None,
            }
        }
    }
}

fn is_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_continue(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte >= 0x80
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t' || byte == b'\r'
}
