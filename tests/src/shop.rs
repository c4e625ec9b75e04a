//! A file as people write them: the services of a web shop, what reads one variable, and before and behind them keys
//! without findings, until it has the wanted length.

/// What the blocks with findings are about.
const SERVICES: [&str; 6] = [
    "catalog", "checkout", "payments", "orders", "shipping", "search",
];

/// How many blocks read `var.owner`.
const READERS: usize = 50;

/// A block without a finding that reads one variable.
const READER: &str = r#"
resource "aws_kms_key" "of_owner_NAME" {
  description         = "Key NAME of ${var.owner}"
  enable_key_rotation = true
}
"#;

/// A block without a finding, as the files that grow long are full of.
const KEY: &str = r#"
resource "aws_kms_key" "key_NAME" {
  description             = "Key NAME of ${var.project}"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  tags = merge(var.tags, {
    Name = "${var.project}-NAME"
  })
}
"#;

/// The blocks of one service.
const BLOCKS: &str = r#"
# The NAME service: network, machines, storage and who may use them.
locals {
  NAME_name = "${var.project}-NAME-${var.environment}"
  NAME_tags = merge(var.tags, {
    Service = "NAME"
    Owner   = "team-NAME@example.com"
  })
}

resource "aws_security_group" "NAME" {
  name        = local.NAME_name
  description = "Traffic of the NAME service"
  vpc_id      = var.vpc_id

  ingress {
    description = "HTTPS from the load balancer"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = var.private_subnet_cidrs
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = local.NAME_tags
}

resource "aws_instance" "NAME" {
  count                  = var.NAME_count
  ami                    = data.aws_ami.base.id
  instance_type          = "t3.medium"
  subnet_id              = element(var.private_subnet_ids, count.index)
  vpc_security_group_ids = [aws_security_group.NAME.id]
  iam_instance_profile   = aws_iam_instance_profile.NAME.name

  root_block_device {
    volume_size = 40
    volume_type = "gp3"
    encrypted   = true
  }

  user_data = <<-EOT
    #!/bin/bash
    echo "service=${local.NAME_name}" >> /etc/environment
    systemctl enable --now NAME.service
  EOT

  tags = merge(local.NAME_tags, {
    Name = "${local.NAME_name}-${count.index}"
  })
}

resource "aws_db_instance" "NAME" {
  identifier              = local.NAME_name
  engine                  = "postgres"
  engine_version          = "16.3"
  instance_class          = "db.t4g.medium"
  allocated_storage       = 100
  db_name                 = "NAME"
  username                = "NAME"
  storage_encrypted       = true
  backup_retention_period = 14
  db_subnet_group_name    = var.db_subnet_group
  vpc_security_group_ids  = [aws_security_group.NAME.id]
  tags                    = local.NAME_tags
}

resource "aws_s3_bucket" "NAME" {
  bucket = "${local.NAME_name}-files"
  tags   = local.NAME_tags
}

resource "aws_s3_bucket_versioning" "NAME" {
  bucket = aws_s3_bucket.NAME.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_iam_role" "NAME" {
  name = local.NAME_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "NAME" {
  name = "files"
  role = aws_iam_role.NAME.id

  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "${aws_s3_bucket.NAME.arn}/*"
    }
  ]
}
POLICY
}

resource "aws_iam_instance_profile" "NAME" {
  name = local.NAME_name
  role = aws_iam_role.NAME.name
}

resource "aws_sqs_queue" "NAME" {
  name                       = "${local.NAME_name}-events"
  message_retention_seconds  = 86400
  visibility_timeout_seconds = 60
  sqs_managed_sse_enabled    = true
  tags                       = local.NAME_tags
}

variable "NAME_count" {
  description = "How many machines the NAME service has"
  type        = number
  default     = 2
}
"#;

const HEAD: &str = r#"variable "project" {
  type    = string
  default = "webshop"
}

variable "owner" {
  type    = string
  default = "orders"
}

variable "environment" {
  type    = string
  default = "production"
}

variable "tags" {
  type    = map(string)
  default = { ManagedBy = "terraform" }
}

variable "vpc_id" {
  type = string
}

variable "db_subnet_group" {
  type = string
}

variable "private_subnet_ids" {
  type = list(string)
}

variable "private_subnet_cidrs" {
  type    = list(string)
  default = ["10.0.1.0/24", "10.0.2.0/24"]
}

data "aws_ami" "base" {
  most_recent = true
  owners      = ["self"]
}
"#;

/// A file of about so many lines, with as many findings whatever its length. The services are in its middle.
pub fn file(lines: usize) -> String {
    let services = SERVICES.map(|service| BLOCKS.replace("NAME", service));
    let readers = (0..READERS).map(|n| READER.replace("NAME", &n.to_string()));
    let middle: String = services.into_iter().chain(readers).collect();
    let missing = lines.saturating_sub(HEAD.lines().count() + middle.lines().count());
    let keys = missing / KEY.lines().count();
    let mut filler = (0..keys).map(|n| KEY.replace("NAME", &n.to_string()));
    let before: String = filler.by_ref().take(keys / 2).collect();
    let behind: String = filler.collect();
    [HEAD, &before, &middle, &behind].concat()
}
