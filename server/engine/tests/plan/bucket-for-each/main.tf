variable "buckets" {
  type = map(object({
    versioned = optional(bool, true)
    public    = optional(bool, false)
    days      = optional(number)
  }))
  default = {
    logs   = { days = 30 }
    assets = { public = true, versioned = false }
    state  = {}
  }
}

resource "aws_s3_bucket" "this" {
  for_each = var.buckets
  bucket   = "acme-${each.key}-${length(each.key)}"
  tags     = { Public = tostring(each.value.public) }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = { for name, bucket in var.buckets : name => bucket if bucket.versioned }
  bucket   = aws_s3_bucket.this[each.key].id
  versioning_configuration {
    status = each.value.versioned ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = aws_s3_bucket.this
  bucket                  = each.value.bucket
  block_public_acls       = !var.buckets[each.key].public
  block_public_policy     = !var.buckets[each.key].public
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = { for name, bucket in var.buckets : name => bucket.days if bucket.days != null }
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {
      prefix = "${each.key}/"
    }
    expiration {
      days = each.value
    }
  }
}
