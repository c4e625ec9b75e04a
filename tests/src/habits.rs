//! What is typed, as data, and how it becomes keystrokes.

/// Something that people do while they edit. It leaves the file as it was, so that another can follow.
pub struct Habit {
    /// As it stands in the table.
    pub name: &'static str,
    /// Where the cursor is: between these two texts, at their first occurrence in the file.
    between: (&'static str, &'static str),
    does: Does,
}

enum Does {
    /// These characters are typed, one after the other, and deleted again.
    Type(&'static str),
    /// So many characters to the left of the cursor are deleted and typed again, a few times.
    Break(usize),
    /// So many lines are put in and taken out again, a few times.
    Paste(usize),
    /// So many characters to the left of the cursor are taken out at once, and put in again, a few times.
    Undo(usize),
}

/// One change: the bytes from `from` to `to` become `text`.
#[derive(Clone, Debug)]
pub struct Keystroke {
    /// Where it starts.
    pub from: usize,
    /// Where what it replaces ends.
    pub to: usize,
    /// What is written.
    pub text: String,
}

/// How often something is broken and mended.
const BREAKS: usize = 8;

/// What people do, in the order in which it is measured.
pub const HABITS: &[Habit] = &[
    Habit {
        name: "typing in a string",
        between: ("\"HTTPS from", " the load balancer\""),
        does: Does::Type(" the office and"),
    },
    Habit {
        name: "a new argument",
        between: ("  visibility_timeout_seconds = 60\n", ""),
        does: Does::Type("  kms_master_key_id = aws_kms_key.main.arn\n"),
    },
    Habit {
        name: "a new nested block",
        between: ("", "  egress {\n"),
        does: Does::Type(
            "  ingress {\n    from_port = 22\n    to_port = 22\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n",
        ),
    },
    Habit {
        name: "a new resource",
        between: ("", "resource \"aws_sqs_queue\""),
        does: Does::Type(
            "resource \"aws_s3_bucket\" \"new\" {\n  bucket = \"${local.orders_name}-new\"\n}\n\n",
        ),
    },
    Habit {
        name: "breaking a quote",
        between: ("engine                  = \"postgres\"", "\n"),
        does: Does::Break(1),
    },
    Habit {
        name: "breaking a brace",
        between: ("  versioning_configuration {", "\n"),
        does: Does::Break(1),
    },
    Habit {
        name: "breaking a heredoc",
        between: ("policy = <<POLICY", "\n"),
        does: Does::Break(2),
    },
    Habit {
        name: "pasting 200 lines",
        between: ("", "resource \"aws_sqs_queue\""),
        does: Does::Paste(200),
    },
    Habit {
        name: "undo and redo",
        between: ("\"HTTPS from the load balancer", "\""),
        does: Does::Undo(19),
    },
    Habit {
        name: "a default that 50 blocks read",
        between: ("default = \"orders", "\""),
        does: Does::Type("-and-returns"),
    },
];

impl Habit {
    /// The keystrokes of this habit in a text.
    pub fn keystrokes(&self, text: &str) -> Vec<Keystroke> {
        let (before, after) = self.between;
        let found = text.find(&format!("{before}{after}"));
        let cursor =
            found.unwrap_or_else(|| panic!("{:?} is not in the file", self.between)) + before.len();
        match self.does {
            Does::Type(new) => typed(cursor, new).chain(deleted(cursor, new)).collect(),
            Does::Break(count) => {
                let start = cursor - count;
                let old = &text[start..cursor];
                (0..BREAKS)
                    .flat_map(|_| deleted(start, old).chain(typed(start, old)))
                    .collect()
            }
            Does::Paste(lines) => {
                let new = "resource \"aws_sqs_queue\" \"new\" {\n  name = \"new\"\n}\n\n"
                    .repeat(lines / 4);
                let taken_out = replaced(cursor, new.len(), "");
                again(replaced(cursor, 0, &new), taken_out)
            }
            Does::Undo(count) => {
                let start = cursor - count;
                let old = &text[start..cursor];
                again(replaced(start, count, ""), replaced(start, 0, old))
            }
        }
    }
}

fn again(first: Keystroke, then: Keystroke) -> Vec<Keystroke> {
    let both = [first, then];
    let times = BREAKS * both.len();
    both.into_iter().cycle().take(times).collect()
}

fn replaced(from: usize, len: usize, text: &str) -> Keystroke {
    Keystroke {
        from,
        to: from + len,
        text: text.to_owned(),
    }
}

/// Typing an ASCII text at a place.
pub fn typed(start: usize, text: &str) -> impl Iterator<Item = Keystroke> {
    text.char_indices().map(move |(at, c)| Keystroke {
        from: start + at,
        to: start + at,
        text: c.to_string(),
    })
}

/// Deleting it from its end.
pub fn deleted(start: usize, text: &str) -> impl Iterator<Item = Keystroke> {
    (start..start + text.len()).rev().map(|from| Keystroke {
        from,
        to: from + 1,
        text: String::new(),
    })
}
