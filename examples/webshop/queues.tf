resource "aws_sqs_queue" "mail" {
  name                    = "${local.name}-mail"
  sqs_managed_sse_enabled = false
}

resource "aws_sqs_queue" "orders" {
  name              = "${local.name}-orders"
  kms_master_key_id = aws_kms_key.shop.id
}

resource "aws_cloudtrail" "shop" {
  name                          = local.name
  s3_bucket_name                = aws_s3_bucket.shop["invoices"].id
  include_global_service_events = true
}
