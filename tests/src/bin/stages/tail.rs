//! Blocks that are longer than anybody should write them: `… --bin stages -- --tail`. Every keystroke within one is a
//! keystroke in all of it.

use super::{Bench, Cost, STAGES};
use std::time::Duration;

use stockade_tests::habits::{Keystroke, deleted, typed};
use stockade_tests::percentile;

/// A long block: its name, its file, what comes before, again and again, and behind.
struct Long {
    name: &'static str,
    file: &'static str,
    before: &'static str,
    /// `N` stands for a number.
    part: &'static str,
    behind: &'static str,
}

const LONG: [Long; 5] = [
    Long {
        name: "a policy in a heredoc",
        file: "main.tf",
        before: "resource \"aws_iam_policy\" \"p\" {\n  name   = \"p\"\n  policy = <<EOT\n{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n",
        part: "    { \"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::bucket-N/*\" },\n",
        behind: "    { \"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::bucket/*\" }\n  ]\n}\nEOT\n}\n",
    },
    Long {
        name: "a map of a local",
        file: "main.tf",
        before: "locals {\n  users = {\n",
        part: "    user-N = { team = \"team-N\", admin = false, mail = \"user-N@example.com\" }\n",
        behind: "  }\n}\n",
    },
    Long {
        name: "rules of a security group",
        file: "main.tf",
        before: "resource \"aws_security_group\" \"g\" {\n  name        = \"g\"\n  description = \"g\"\n  vpc_id      = \"vpc-1\"\n",
        part: "  ingress {\n    description = \"rule N\"\n    from_port   = 443\n    to_port     = 443\n    protocol    = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/24\"]\n  }\n",
        behind: "}\n",
    },
    Long {
        name: "a script with templates",
        file: "main.tf",
        before: "variable \"name\" {\n  default = \"web\"\n}\n\nresource \"aws_instance\" \"i\" {\n  user_data = <<-EOT\n    #!/bin/bash\n",
        part: "    echo \"${var.name}-N\" >> /etc/names\n",
        behind: "  EOT\n}\n",
    },
    Long {
        name: "a line of .tfvars",
        file: "terraform.tfvars",
        before: "",
        part: "key-N = \"value N\"\n",
        behind: "",
    },
];

/// Kilobytes of a block.
const SIZES: [usize; 3] = [1, 12, 60];

/// What is typed in its middle, and taken back.
const TYPED: &str = "1234567";

/// Prints what a keystroke takes within each, in milliseconds: median and most.
pub(super) fn print() {
    println!("| a keystroke in | 1 KB | most | 12 KB | most | 60 KB | most |");
    println!("|---|---|---|---|---|---|---|");
    for long in &LONG {
        let cells = SIZES.map(|size| {
            let times = times(long, size * 1_024);
            format!(
                " {:.2} | {:.2} |",
                percentile(&times, 50),
                percentile(&times, 100)
            )
        });
        println!("| {} |{}", long.name, cells.concat());
    }
}

/// What all keystrokes take within the engine.
fn times(long: &Long, bytes: usize) -> Vec<Duration> {
    let parts = bytes / long.part.len();
    let part = |n: usize| long.part.replace('N', &n.to_string());
    let middle: String = (0..parts).map(part).collect();
    let text = [long.before, &middle, long.behind].concat();
    let number = format!("{}", parts / 2);
    let wanted = long.part.split('N').next().unwrap_or_default();
    let at = text.find(&format!("{wanted}{number}"));
    let at = at.expect("the part in the middle");
    let cursor = at + wanted.len() + number.len();
    let mut bench = Bench::open(&text, long.file, None);
    let keys: Vec<Keystroke> = typed(cursor, TYPED).chain(deleted(cursor, TYPED)).collect();
    keys.iter().for_each(|key| bench.warm_up(key));
    let costs: Vec<Cost> = keys.iter().map(|key| bench.keystroke(key)).collect();
    let last = STAGES.len() - 1;
    costs.iter().map(|cost| cost[last]).collect()
}
