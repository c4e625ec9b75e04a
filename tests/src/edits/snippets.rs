//! What random scripts are made of.

/// The folder that a script starts with.
pub const FIXTURES: [(&str, &str); 7] = [
    (
        "queue.tf.json",
        r#"{
  "//": "made by a program",
  "locals": { "sealed": false },
  "resource": {
    "aws_sqs_queue": {
      "orders": {
        "name": "${var.project}-ä",
        "sqs_managed_sse_enabled": "${local.sealed}"
      }
    },
    "aws_db_instance": {
      "carts": {
        "storage_encrypted": "${var.encrypted}",
        "publicly_accessible": true
      }
    },
    "aws_s3_bucket_versioning": {
      "logs": {
        "bucket": "${aws_s3_bucket.logs.id}",
        "versioning_configuration": { "status": "Enabled" }
      }
    }
  }
}
"#,
    ),
    (
        "main.tf",
        r#"# Files of the web shop: Größe 😀
resource "aws_s3_bucket" "logs" {
  bucket = "${var.project}-logs"
  tags   = { Name = "Protokolle ä😀", Owner = "ops" }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = var.block
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket" "assets" {
  bucket = local.assets
}

resource "aws_s3_bucket_acl" "assets" {
  bucket = aws_s3_bucket.assets.id
  acl    = "public-read" # stockade:ignore aws-s3-bucket-with-public-acl -- the website
}

resource "aws_db_instance" "orders" {
  identifier          = "orders"
  instance_class      = "db.t4g.medium"
  storage_encrypted   = var.encrypted
  publicly_accessible = false
  password            = "hunter2-hunter2"
}
"#,
    ),
    (
        "network.tf",
        r#"resource "aws_security_group" "web" {
  name = "web-${var.project}"

  ingress {
    description = "ssh"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    from_port   = local.https
    to_port     = local.https
    protocol    = "tcp"
    cidr_blocks = local.offices
  }
}

resource "aws_security_group_rule" "rdp" {
  type              = "ingress"
  from_port         = 3389
  to_port           = 3389
  protocol          = "tcp"
  cidr_blocks       = [var.world]
  security_group_id = aws_security_group.web.id
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/x/1"
  port              = 80
  protocol          = "HTTP"
}
"#,
    ),
    (
        "policy.tf",
        r#"data "aws_iam_policy_document" "admin" {
  statement {
    effect    = "Allow"
    actions   = ["*"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "admin" {
  name   = "admin"
  policy = data.aws_iam_policy_document.admin.json
}

resource "aws_iam_role_policy" "files" {
  role   = "files"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_iam_policy" "heredoc" {
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }]
    }
  EOT
}
"#,
    ),
    (
        "variables.tf",
        r#"variable "project" {
  default = "webshop"
}

variable "encrypted" {
  type    = bool
  default = false
}

variable "block" {
  type    = bool
  default = true
}

variable "world" {
  default = "0.0.0.0/0"
}

locals {
  assets  = "assets-${var.project}"
  https   = 443
  offices = ["10.0.0.0/8", "192.168.0.0/16"]
}
"#,
    ),
    (
        "site.tf",
        r#"module "orders" {
  source    = "./site"
  encrypted = var.encrypted
  bucket    = aws_s3_bucket.assets.id
}

module "carts" {
  source = "./site"
  bucket = local.assets
  ports  = [local.https, 22]
}

resource "aws_s3_bucket_versioning" "site" {
  bucket = module.orders.bucket
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_ebs_volume" "site" {
  availability_zone = "eu-central-1a"
  encrypted         = module.orders.is_encrypted
}
"#,
    ),
    (
        "site/main.tf",
        r#"variable "encrypted" {
  type    = bool
  default = true
}

variable "bucket" {
  type = string
}

variable "ports" {
  type    = list(number)
  default = [443]
}

resource "aws_s3_bucket" "site" {
  bucket = "site-${var.bucket}"
}

resource "aws_db_instance" "site" {
  identifier        = "site"
  storage_encrypted = var.encrypted
}

resource "aws_s3_bucket_acl" "outer" {
  bucket = var.bucket
  acl    = "public-read"
}

resource "aws_security_group" "site" {
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

output "bucket" {
  value = aws_s3_bucket.site.id
}

output "is_encrypted" {
  value = var.encrypted
}
"#,
    ),
];

/// Whole blocks.
pub(super) const BLOCKS: &[&str] = &[
    "resource \"aws_s3_bucket\" \"new\" {\n  bucket = \"new\"\n}\n",
    "resource \"aws_s3_bucket\" \"each\" {\n  for_each = toset([\"a\", \"b\"])\n  bucket   = each.key\n}\n",
    "resource \"aws_s3_bucket_versioning\" \"logs\" {\n  bucket = aws_s3_bucket.logs.id\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n",
    "resource \"aws_s3_bucket_server_side_encryption_configuration\" \"logs\" {\n  bucket = aws_s3_bucket.logs.bucket\n  rule {\n    apply_server_side_encryption_by_default {\n      sse_algorithm = \"aws:kms\"\n    }\n  }\n}\n",
    "resource \"aws_s3_bucket_public_access_block\" \"assets\" {\n  bucket = aws_s3_bucket.assets.id\n  block_public_acls = false\n}\n",
    "resource \"aws_s3_bucket_policy\" \"logs\" {\n  bucket = aws_s3_bucket.logs.id\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:GetObject\", Resource = \"*\" }] })\n}\n",
    "resource \"aws_ebs_volume\" \"data\" {\n  availability_zone = \"eu-central-1a\"\n  size              = 40\n  encrypted         = var.encrypted\n}\n",
    "resource \"aws_instance\" \"web\" {\n  ami           = \"ami-1\"\n  instance_type = \"t3.micro\"\n  metadata_options {\n    http_tokens = \"optional\"\n  }\n}\n",
    "resource \"aws_security_group\" \"open\" {\n  dynamic \"ingress\" {\n    for_each = [22, 443]\n    content {\n      from_port   = ingress.value\n      to_port     = ingress.value\n      protocol    = \"tcp\"\n      cidr_blocks = [\"0.0.0.0/0\"]\n    }\n  }\n}\n",
    "resource \"aws_vpc_security_group_ingress_rule\" \"all\" {\n  security_group_id = aws_security_group.web.id\n  ip_protocol       = \"-1\"\n  cidr_ipv4         = \"0.0.0.0/0\"\n}\n",
    "resource \"aws_kms_key\" \"main\" {\n  description         = \"ключ 😀\"\n  enable_key_rotation = false\n}\n",
    "resource \"aws_sqs_queue\" \"jobs\" {\n  name                    = \"jobs\"\n  sqs_managed_sse_enabled = false\n}\n",
    "resource \"aws_cloudtrail\" \"main\" {\n  name           = \"main\"\n  s3_bucket_name = aws_s3_bucket.logs.id\n}\n",
    "resource \"aws_eks_cluster\" \"main\" {\n  name     = \"main\"\n  role_arn = \"arn:aws:iam::123456789012:role/x\"\n  vpc_config {\n    subnet_ids             = [\"subnet-1\"]\n    endpoint_public_access = true\n    public_access_cidrs    = [var.world]\n  }\n}\n",
    "provider \"aws\" {\n  region     = \"eu-central-1\"\n  access_key = \"AKIAIOSFODNN7EXAMPLE\"\n  secret_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"\n}\n",
    "terraform {\n  required_version = \">= 1.11\"\n  backend \"s3\" {\n    bucket  = \"state\"\n    key     = \"x\"\n    encrypt = false\n  }\n}\n",
    "variable \"world\" {\n  default = \"10.0.0.0/8\"\n}\n",
    "variable \"unknown\" {}\n",
    "locals {\n  https = 22\n}\n",
    "locals {\n  extra = { for k, v in { a = 1 } : k => v }\n}\n",
    "output \"arn\" {\n  value = aws_s3_bucket.logs.arn\n}\n",
    "module \"child\" {\n  source = \"./child\"\n  name   = var.project\n}\n",
    "module \"third\" {\n  source    = \"./site\"\n  encrypted = false\n  bucket    = module.orders.bucket\n}\n",
    "output \"bucket\" {\n  value = aws_s3_bucket.assets.bucket\n}\n",
    "# a comment between blocks\n\n",
    "# stockade:ignore aws-s3-bucket-without-public-access-block -- a reason\nresource \"aws_s3_bucket\" \"ignored\" {\n  bucket = \"ignored\"\n}\n",
];

/// Lines that belong into blocks.
pub(super) const ARGUMENTS: &[&str] = &[
    "  storage_encrypted = true\n",
    "  publicly_accessible = true\n",
    "  bucket = aws_s3_bucket.assets.id\n",
    "  count = 0\n",
    "  count = var.unknown ? 1 : 0\n",
    "  cidr_blocks = [\"0.0.0.0/0\"]\n",
    "  ingress {\n    from_port = 0\n    to_port = 0\n    protocol = \"-1\"\n    cidr_blocks = [\"::/0\", \"0.0.0.0/0\"]\n  }\n",
    "  tags = { Größe = \"ä\" }\n",
    "  # stockade:ignore aws-rds-instance-without-storage-encryption\n",
    "  default = \"10.0.0.0/8\"\n",
    "  text = <<EOT\n0.0.0.0/0 ${var.project}\nEOT\n",
    "\n",
];

/// Small things that turn up anywhere, most of them wrong.
pub(super) const NOISE: &[&str] = &[
    "\"",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "${",
    "%{",
    "<<EOT\n",
    "<<-EOT",
    "EOT\n",
    "\\",
    "=",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "x",
    "ä",
    "😀",
    "\u{feff}",
    "\u{2028}",
    "e\u{301}",
    "#",
    "//",
    "/*",
    "*/",
    "var.world",
    "aws_s3_bucket.logs.id",
    "true",
    "\"0.0.0.0/0\"",
    "# stockade:ignore-file aws-s3-bucket-with-public-acl\n",
    "\n}\n\nresource \"aws_s3_bucket\" \"cut\" {\n",
];

/// Values that are exchanged for each other.
pub(super) const SWAPS: &[(&str, &str)] = &[
    ("true", "false"),
    ("\"0.0.0.0/0\"", "\"10.0.0.0/8\""),
    ("\"0.0.0.0/0\"", "var.world"),
    ("public-read", "private"),
    ("aws_s3_bucket.logs", "aws_s3_bucket.assets"),
    ("\"logs\"", "\"assets\""),
    ("var.encrypted", "true"),
    ("var.block", "var.unknown"),
    ("22", "443"),
    ("\"Allow\"", "\"Deny\""),
    ("\"*\"", "\"s3:GetObject\""),
    ("HTTP", "HTTPS"),
    ("optional", "required"),
    ("ä", "a"),
    ("./site", "./other"),
    ("module.orders", "module.carts"),
    ("var.bucket", "\"logs\""),
];
