//! What is typed, as data, and how it becomes keystrokes.

/// Something that people do while they edit. It leaves the file as it was, so that another can follow.
pub(crate) struct Habit {
    /// As it stands in the table.
    pub(crate) name: &'static str,
    /// Where the cursor is: between these two texts, at their last occurrence in the first half of the file.
    between: (&'static str, &'static str),
    does: Does,
}

enum Does {
    /// These characters are typed, one after the other, and deleted again.
    Type(&'static str),
    /// So many characters to the left of the cursor are deleted and typed again, a few times.
    Break(usize),
}

/// One change: the bytes from `from` to `to` become `text`.
#[derive(Clone, Debug)]
pub(crate) struct Keystroke {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) text: String,
}

/// How often something is broken and mended.
const BREAKS: usize = 8;

pub(crate) const HABITS: &[Habit] = &[
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
];

impl Habit {
    /// The keystrokes of this habit in a text.
    pub(crate) fn keystrokes(&self, text: &str) -> Vec<Keystroke> {
        let (before, after) = self.between;
        let half = &text[..text.floor_char_boundary(text.len() / 2)];
        let found = half.rfind(&format!("{before}{after}"));
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
        }
    }
}

/// Typing an ASCII text at a place.
fn typed(start: usize, text: &str) -> impl Iterator<Item = Keystroke> {
    text.char_indices().map(move |(at, c)| Keystroke {
        from: start + at,
        to: start + at,
        text: c.to_string(),
    })
}

/// Deleting it from its end.
fn deleted(start: usize, text: &str) -> impl Iterator<Item = Keystroke> {
    (start..start + text.len()).rev().map(|from| Keystroke {
        from,
        to: from + 1,
        text: String::new(),
    })
}
