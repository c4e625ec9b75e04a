variable "name" {}
variable "domain" {}
variable "public" {
  type = bool
}

module "bucket" {
  source = "../bucket"
  name   = replace(var.domain, ".", "-")
  public = var.public
}

resource "aws_s3_bucket_website_configuration" "this" {
  bucket = module.bucket.name
  index_document {
    suffix = "index.html"
  }
  error_document {
    key = "${var.name}/404.html"
  }
}
