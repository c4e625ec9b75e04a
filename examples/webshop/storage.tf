# One bucket for what the shop shows, one for what the tax office wants to see.
resource "aws_s3_bucket" "shop" {
  for_each = local.buckets

  bucket = "${local.name}-${each.key}"
}

resource "aws_s3_bucket_public_access_block" "shop" {
  for_each = aws_s3_bucket.shop

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "shop" {
  for_each = aws_s3_bucket.shop

  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.shop.arn
    }
  }
}

resource "aws_s3_bucket" "uploads" {
  bucket = "${local.name}-uploads"
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  block_public_policy     = !local.is_prod
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ImageResizer"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.worker.arn }
      Action    = ["s3:GetObject", "s3:PutObject"]
      Resource  = "${aws_s3_bucket.uploads.arn}/*"
    }]
  })
}

resource "aws_ebs_volume" "search_index" {
  availability_zone = "${var.region}a"
  size              = 200
  type              = "gp3"

  tags = { Name = "${local.name}-search" }
}

resource "aws_kms_key" "shop" {
  description             = "Data of the shop"
  deletion_window_in_days = 30
}
