//! Arguments, lists, objects and JSON.

use super::*;

#[test]
fn arguments() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  engine = \"mysql\"\n}\n",
            vec![set("", "storage_encrypted", "true")],
            "resource \"a\" \"b\" {\n  engine            = \"mysql\"\n  storage_encrypted = true\n}\n",
        ),
        // Replaced in place; the comment follows.
        (
            "resource \"a\" \"b\" {\n  public = true # why\n  x      = 1    # x\n}\n",
            vec![set("", "public", "false")],
            "resource \"a\" \"b\" {\n  public = false # why\n  x      = 1     # x\n}\n",
        ),
        // Below the plain arguments, not below tags or blocks.
        (
            "resource \"a\" \"b\" {\n  count = 2\n\n  name = \"x\"\n\n  tags = {\n    A = 1\n  }\n\n  nested {\n    c = 1\n  }\n}\n",
            vec![set("", "public", "false"), set("", "kms", "null")],
            "resource \"a\" \"b\" {\n  count = 2\n\n  name   = \"x\"\n  public = false\n  kms    = null\n\n  tags = {\n    A = 1\n  }\n\n  nested {\n    c = 1\n  }\n}\n",
        ),
        // Empty and one-line blocks are opened up.
        (
            "resource \"a\" \"b\" {}\n",
            vec![set("", "x", "1")],
            "resource \"a\" \"b\" {\n  x = 1\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n}\n",
            vec![set("", "x", "1")],
            "resource \"a\" \"b\" {\n  x = 1\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n { a = 1 }\n}\n",
            vec![set("n/0", "long", "true")],
            "resource \"a\" \"b\" {\n  n {\n    a    = 1\n    long = true\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n { a = 1 }\n}\n",
            vec![set("n/0", "a", "2")],
            "resource \"a\" \"b\" {\n  n { a = 2 }\n}\n",
        ),
        // A body of blocks only.
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n}\n",
            vec![set("", "x", "1")],
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a = 1\n  }\n}\n",
        ),
        // The content of a dynamic block, a list of objects.
        (
            "resource \"a\" \"b\" {\n  dynamic \"n\" {\n    for_each = var.n\n    content {\n      a = n.value\n    }\n  }\n}\n",
            vec![set("n/0", "open", "false")],
            "resource \"a\" \"b\" {\n  dynamic \"n\" {\n    for_each = var.n\n    content {\n      a    = n.value\n      open = false\n    }\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n = [{ a = 1 }, {\n    a = 2\n  }]\n}\n",
            vec![set("n #0", "open", "false"), set("n #1", "open", "true")],
            "resource \"a\" \"b\" {\n  n = [{ a = 1, open = false }, {\n    a    = 2\n    open = true\n  }]\n}\n",
        ),
        // A value of several lines.
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n}\n",
            vec![set("n/0", "list", "[\n  1,\n  2,\n]")],
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n    list = [\n      1,\n      2,\n    ]\n  }\n}\n",
        ),
        // Tabs stay, and lines that are laid out otherwise are left alone.
        (
            "resource \"a\" \"b\" {\n\tname = \"x\"\n\tlong_one=1\n}\n",
            vec![set("", "y", "true")],
            "resource \"a\" \"b\" {\n\tname = \"x\"\n\tlong_one=1\n\ty        = true\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n    far   =  1\n\n    x  = 2\n}\n",
            vec![set("", "x", "3")],
            "resource \"a\" \"b\" {\n    far   =  1\n\n    x = 3\n}\n",
        ),
        // The new one stands where the old one goes.
        (
            "resource \"a\" \"b\" {\n  user = \"u\"\n  password = \"p\"\n  z = 1\n}\n",
            vec![
                remove("password"),
                set("", "password_wo", "var.p"),
                set("", "password_wo_version", "1"),
            ],
            "resource \"a\" \"b\" {\n  user                = \"u\"\n  password_wo         = var.p\n  password_wo_version = 1\n  z                   = 1\n}\n",
        ),
        // No line end at the end of the file.
        (
            "resource \"a\" \"b\" {\n  x = 1\n}",
            vec![set("", "yy", "1")],
            "resource \"a\" \"b\" {\n  x  = 1\n  yy = 1\n}",
        ),
        // Beside a multi-byte text, below a comment at the end of a line.
        (
            "# ü\nresource \"a\" \"b\" {\n  name = \"ä😀\" # ö\n}\n",
            vec![set("", "yy", "1")],
            "# ü\nresource \"a\" \"b\" {\n  name = \"ä😀\" # ö\n  yy   = 1\n}\n",
        ),
    ]);
}

#[test]
fn removals() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  x = 1\n  # on public:\n  public_one = true # really\n  y = 1\n}\n",
            vec![remove("public_one")],
            "resource \"a\" \"b\" {\n  x = 1\n  y = 1\n}\n",
        ),
        // A comment that heads a group stays.
        (
            "resource \"a\" \"b\" {\n  # Network\n  public = true\n  subnet = 1\n}\n",
            vec![remove("public")],
            "resource \"a\" \"b\" {\n  # Network\n  subnet = 1\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  public = true\n}\n",
            vec![remove("public")],
            "resource \"a\" \"b\" {\n}\n",
        ),
        (
            "resource \"a\" \"b\" { public = true }\n",
            vec![remove("public")],
            "resource \"a\" \"b\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a = 1\n  }\n\n  # second\n  n {\n    a = 2\n  }\n}\n",
            vec![remove("n/1")],
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a = 1\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n  n {\n    a = 2\n  }\n  n {\n    a = 3\n  }\n}\n",
            vec![remove("n/0"), remove("n/2")],
            "resource \"a\" \"b\" {\n  n {\n    a = 2\n  }\n}\n",
        ),
        // Elements.
        (
            "resource \"a\" \"b\" {\n  l = [1, 2, 3]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [1, 3]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [1, 2, 3]\n}\n",
            vec![remove("l #2"), remove("l #0")],
            "resource \"a\" \"b\" {\n  l = [2]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\"0.0.0.0/0\"]\n}\n",
            vec![remove("l #0")],
            "resource \"a\" \"b\" {\n  l = []\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1, # one\n    # two\n    2, # zwei\n    3\n  ]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [\n    1, # one\n    3\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1,\n    2\n  ]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [\n    1\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1,\n    2,\n  ]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [\n    1,\n  ]\n}\n",
        ),
        // Entries.
        (
            "resource \"a\" \"b\" {\n  m = {\n    a = 1\n    long = 2\n    c = 3\n  }\n}\n",
            vec![remove("m .long")],
            "resource \"a\" \"b\" {\n  m = {\n    a = 1\n    c = 3\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = { a = 1, b = 2 }\n}\n",
            vec![remove("m .a")],
            "resource \"a\" \"b\" {\n  m = { b = 2 }\n}\n",
        ),
        // A whole block.
        (
            "resource \"a\" \"b\" {\n  x = 1\n}\n\nresource \"a\" \"c\" {}\n",
            vec![remove("")],
            "resource \"a\" \"c\" {}\n",
        ),
    ]);
}

#[test]
fn lists_and_objects() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  l = [1]\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = [1, 2]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = []\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = [2]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1,\n  ]\n}\n",
            vec![append("l", "2"), append("l", "3")],
            "resource \"a\" \"b\" {\n  l = [\n    1,\n    2,\n    3,\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    0,\n    1 # one\n  ]\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = [\n    0,\n    1, # one\n    2\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = toset([1])\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = toset([1, 2])\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [1, 2]\n}\n",
            vec![replace("l #1", "\"x\"")],
            "resource \"a\" \"b\" {\n  l = [1, \"x\"]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = {}\n}\n",
            vec![set("m", "k", "1")],
            "resource \"a\" \"b\" {\n  m = { k = 1 }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = {\n    \"a\" : 1,\n    \"b\" : 2\n  }\n}\n",
            vec![set("m", "long", "true")],
            "resource \"a\" \"b\" {\n  m = {\n    \"a\" : 1,\n    \"b\" : 2,\n    \"long\" : true\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = merge(var.m, {\n    a = 1\n  })\n}\n",
            vec![set("m", "a", "2"), set("m", "x.y/z", "\"v\"")],
            "resource \"a\" \"b\" {\n  m = merge(var.m, {\n    a       = 2\n    \"x.y/z\" = \"v\"\n  })\n}\n",
        ),
    ]);
}

#[test]
fn json() {
    let heredoc = "resource \"a\" \"b\" {\n  policy = <<EOF\n{\n  \"Statement\": [\n    {\n      \"Action\": \"*\",\n      \"Resource\": [\"${aws_s3_bucket.b.arn}/*\", \"x\"]\n    }\n  ]\n}\nEOF\n}\n";
    let encoded = "resource \"a\" \"b\" {\n  policy = jsonencode({\n    Statement = [{\n      Action = \"*\"\n      Effect = \"Allow\"\n    }]\n  })\n}\n";
    let replaced = |from: &str, to: &str| heredoc.replace(from, to);
    check(&[
        (
            heredoc,
            vec![replace("policy $ .Statement #0 .Action", "[\"s3:Get*\"]")],
            &replaced("\"*\"", "[\"s3:Get*\"]"),
        ),
        (
            heredoc,
            vec![remove("policy $ .Statement #0 .Resource #0")],
            &replaced("\"${aws_s3_bucket.b.arn}/*\", ", ""),
        ),
        (
            heredoc,
            vec![set(
                "policy $ .Statement #0",
                "Condition",
                "{ Bool = { x = aws_s3_bucket.b.arn } }",
            )],
            &replaced(
                "\"x\"]\n",
                "\"x\"],\n      \"Condition\": { \"Bool\": { \"x\": \"${aws_s3_bucket.b.arn}\" } }\n",
            ),
        ),
        (
            heredoc,
            vec![remove("policy $ .Statement #0 .Resource")],
            &replaced(
                "\"*\",\n      \"Resource\": [\"${aws_s3_bucket.b.arn}/*\", \"x\"]\n",
                "\"*\"\n",
            ),
        ),
        (
            encoded,
            vec![replace("policy $ .Statement #0 .Action", "[\"s3:Get*\"]")],
            &encoded.replace("\"*\"", "[\"s3:Get*\"]"),
        ),
        (
            encoded,
            vec![append("policy $ .Statement", "{\n  Effect = \"Deny\"\n}")],
            &encoded.replace("    }]\n", "      }, {\n      Effect = \"Deny\"\n    }]\n"),
        ),
    ]);
}
