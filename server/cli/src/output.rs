//! The only place that writes to the terminal. A reader that goes away (`| head`) ends the
//! writing, not the run: the exit status stays that of what was found.

use std::io::{self, BufWriter, ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::args::Color;

/// Headings, file names.
pub(crate) const BOLD: Style = Style::new().bold();
/// What is beside the point.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Lines that a fix adds, and good news.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// Lines that a fix removes.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// `error:` at the start of a line.
pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();

/// Standard output and standard error of a run.
pub(crate) struct Output {
    out: Stream,
    err: Stream,
}

impl Output {
    /// The process's own streams.
    pub(crate) fn of_process(color: Color) -> Output {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        // `Auto` asks the stream itself whether it is a terminal, so it is asked before boxing.
        let out_choice = resolve(choice, AutoStream::choice(&io::stdout()));
        let err_choice = resolve(choice, AutoStream::choice(&io::stderr()));
        Output {
            out: Stream::new(Box::new(BufWriter::new(io::stdout())), out_choice),
            err: Stream::new(Box::new(io::stderr()), err_choice),
        }
    }

    /// Standard output: what was asked for.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// A line on standard error, `error:` before it.
    pub(crate) fn error(&mut self, message: &str) -> io::Result<()> {
        writeln!(self.err, "{ERROR}error:{ERROR:#} {}", printable(message))
    }

    /// A line on standard error that is no error.
    pub(crate) fn note(&mut self, message: &str) -> io::Result<()> {
        writeln!(self.err, "{}", printable(message))
    }

    /// Writes out what is buffered.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn resolve(asked: ColorChoice, auto: ColorChoice) -> ColorChoice {
    match asked {
        ColorChoice::Auto => auto,
        asked => asked,
    }
}

/// A stream that swallows what nobody reads any more.
struct Stream {
    inner: AutoStream<Box<dyn Write>>,
    closed: bool,
}

impl Stream {
    fn new(raw: Box<dyn Write>, choice: ColorChoice) -> Stream {
        Stream {
            inner: AutoStream::new(raw, choice),
            closed: false,
        }
    }

    fn unless_closed<T>(
        &mut self,
        gone: T,
        write: impl FnOnce(&mut AutoStream<Box<dyn Write>>) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.closed {
            return Ok(gone);
        }
        match write(&mut self.inner) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(gone)
            }
            result => result,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), Write::flush)
    }
}

/// Text of a configuration as it may go to a terminal: control characters (a file may hold
/// escape sequences) become visible, newlines and tabs stay.
pub(crate) fn printable(text: &str) -> std::borrow::Cow<'_, str> {
    let harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    if text.chars().all(harmless) {
        return text.into();
    }
    text.chars()
        .map(|c| {
            if harmless(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader has gone.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let mut stream = Stream::new(Box::new(Gone), ColorChoice::Never);
        assert!(writeln!(stream, "text").is_ok());
        assert!(stream.closed);
        assert!(stream.flush().is_ok());
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        let cases = [
            ("a\tb\n", "a\tb\n"),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("a\u{9b}31m", "a\u{fffd}31m"),
        ];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown);
        }
    }
}
