# Resources to begin with, offered by completion: no rule that is more than advice has anything against them. Each stands below its line `# TYPE: title`;
# labels are `main`, names to be chosen begin with `example`. `cargo xtask snippets` applies what rules have come to ask for.

# aws_s3_bucket: S3 bucket, private, encrypted, versioned
resource "aws_s3_bucket" "main" {
  bucket = "example"
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket                  = aws_s3_bucket.main.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  bucket = aws_s3_bucket.main.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_logging" "main" {
  bucket        = aws_s3_bucket.main.id
  target_bucket = var.access_log_bucket
  target_prefix = "s3/"
}

resource "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket.main.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DenyRequestsWithoutTLS"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.main.arn, "${aws_s3_bucket.main.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

variable "access_log_bucket" {
  description = "Name of the bucket for access logs."
  type        = string
  nullable    = false
}

# aws_db_instance: RDS database, encrypted, its password managed by AWS
resource "aws_db_instance" "main" {
  identifier                          = "example"
  engine                              = "postgres"
  instance_class                      = "db.m7g.large"
  allocated_storage                   = 100
  username                            = "example"
  manage_master_user_password         = true
  backup_retention_period             = 7
  deletion_protection                 = true
  monitoring_interval                 = 60
  monitoring_role_arn                 = var.monitoring_role_arn
  iam_database_authentication_enabled = true
  enabled_cloudwatch_logs_exports     = ["postgresql"]
  performance_insights_enabled        = true
  multi_az                            = true
  storage_encrypted                   = true
  copy_tags_to_snapshot               = true
  performance_insights_kms_key_id     = var.insights_kms_key_arn
}

variable "monitoring_role_arn" {
  description = "ARN of the role with which RDS writes enhanced monitoring to CloudWatch."
  type        = string
  nullable    = false
}

variable "insights_kms_key_arn" {
  description = "ARN of the KMS key that encrypts Performance Insights."
  type        = string
  nullable    = false
}

# aws_security_group: Security group that lets in HTTPS from one network
resource "aws_security_group" "main" {
  name        = "example"
  description = "example"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "main" {
  security_group_id = aws_security_group.main.id
  description       = "HTTPS from the load balancer"
  cidr_ipv4         = "10.0.0.0/24"
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}

# aws_instance: EC2 instance with IMDSv2
resource "aws_instance" "main" {
  ami           = "example"
  instance_type = "m7g.large"
  subnet_id     = var.subnet_id
  monitoring    = true

  metadata_options {
    http_tokens = "required"
  }
}

# aws_sqs_queue: SQS queue, encrypted
resource "aws_sqs_queue" "main" {
  name                    = "example"
  sqs_managed_sse_enabled = true
}

# aws_sns_topic: SNS topic, encrypted
resource "aws_sns_topic" "main" {
  name              = "example"
  kms_master_key_id = "alias/aws/sns"
}

# aws_dynamodb_table: DynamoDB table with encryption and backups
resource "aws_dynamodb_table" "main" {
  name         = "example"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.table_kms_key_arn
  }

  point_in_time_recovery {
    enabled = true
  }
}

variable "table_kms_key_arn" {
  description = "ARN of the KMS key that encrypts the table."
  type        = string
  nullable    = false
}

# aws_lambda_function: Lambda function with a current runtime
resource "aws_lambda_function" "main" {
  function_name = "example"
  role          = var.role_arn
  handler       = "index.handler"
  runtime       = "nodejs24.x"
  filename      = "example.zip"

  tracing_config {
    mode = "Active"
  }
}

# aws_ecr_repository: ECR repository with immutable tags and scans
resource "aws_ecr_repository" "main" {
  name                 = "example"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

# aws_efs_file_system: EFS file system, encrypted
resource "aws_efs_file_system" "main" {
  creation_token = "example"
  kms_key_id     = var.efs_kms_key_arn
  encrypted      = true
}

variable "efs_kms_key_arn" {
  description = "ARN of the KMS key that encrypts the file system."
  type        = string
  nullable    = false
}

# aws_cloudwatch_log_group: Log group, encrypted, kept for a year
resource "aws_cloudwatch_log_group" "main" {
  name              = "example"
  kms_key_id        = var.log_kms_key_arn
  retention_in_days = 400
}

variable "log_kms_key_arn" {
  description = "ARN of the KMS key that encrypts the log group."
  type        = string
  nullable    = false
}

# aws_eks_cluster: EKS cluster with a private endpoint and logs
resource "aws_eks_cluster" "main" {
  name                      = "example"
  role_arn                  = var.role_arn
  enabled_cluster_log_types = ["api", "audit", "authenticator"]

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_public_access  = false
    endpoint_private_access = true
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.secrets_kms_key_arn
    }
  }
}

variable "secrets_kms_key_arn" {
  description = "ARN of the KMS key that encrypts Kubernetes secrets."
  type        = string
  nullable    = false
}

# azurerm_storage_account: Storage account without public access
resource "azurerm_storage_account" "main" {
  name                              = "example"
  resource_group_name               = var.resource_group_name
  location                          = var.location
  account_tier                      = "Standard"
  account_replication_type          = "GRS"
  local_user_enabled                = false
  public_network_access_enabled     = false
  shared_access_key_enabled         = false
  infrastructure_encryption_enabled = true

  blob_properties {
    container_delete_retention_policy {
      days = 7
    }

    delete_retention_policy {
      days = 7
    }
  }
}

# azurerm_key_vault: Key vault with purge protection and a firewall
resource "azurerm_key_vault" "main" {
  name                     = "example"
  resource_group_name      = var.resource_group_name
  location                 = var.location
  tenant_id                = var.tenant_id
  sku_name                 = "standard"
  purge_protection_enabled = true

  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
  }
}

# google_storage_bucket: Cloud Storage bucket, private, versioned
resource "google_storage_bucket" "main" {
  name                        = "example"
  location                    = "EU"
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  logging {
    log_bucket = var.log_bucket
  }

  encryption {
    default_kms_key_name = var.bucket_kms_key
  }

  versioning {
    enabled = true
  }
}

variable "log_bucket" {
  description = "Name of the bucket for access logs."
  type        = string
  nullable    = false
}

variable "bucket_kms_key" {
  description = "Id of the KMS key that encrypts new objects."
  type        = string
  nullable    = false
}

# google_compute_instance: Compute Engine instance, shielded, without a public address
resource "google_compute_instance" "main" {
  name         = "example"
  machine_type = "n2-standard-2"
  zone         = "europe-west3-a"
  metadata     = { block-project-ssh-keys = "true" }

  boot_disk {
    kms_key_self_link = var.disk_kms_key

    initialize_params {
      image = "debian-cloud/debian-12"
    }
  }

  network_interface {
    subnetwork = var.subnetwork
  }

  shielded_instance_config {
    enable_secure_boot = true
  }
}

variable "disk_kms_key" {
  description = "Id of the KMS key that encrypts the disk."
  type        = string
  nullable    = false
}

# google_sql_database_instance: Cloud SQL instance with backups and TLS
resource "google_sql_database_instance" "main" {
  name             = "example"
  database_version = "POSTGRES_17"
  region           = "europe-west3"

  settings {
    tier = "db-custom-2-7680"

    backup_configuration {
      enabled = true
    }

    ip_configuration {
      ssl_mode = "ENCRYPTED_ONLY"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
  }
}
