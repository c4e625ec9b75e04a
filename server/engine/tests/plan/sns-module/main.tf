module "alarms" {
  source = "./topic"
  name   = "alarms"
  topic_policy_statements = {
    publish = {
      actions    = ["sns:Publish"]
      principals = [{ type = "Service", identifiers = ["cloudwatch.amazonaws.com"] }]
    }
    subscribe = {
      actions = ["sns:Subscribe", "sns:Receive"]
      principals = [
        { type = "AWS", identifiers = ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:root"] }
      ]
      condition = [{ test = "StringEquals", variable = "sns:Protocol", values = ["sqs"] }]
    }
  }
  subscriptions = {
    mail = { protocol = "email", endpoint = "ops@example.com" }
    hook = { protocol = "https", endpoint = "https://example.com/hook", raw_message_delivery = true }
  }
}

module "orders" {
  source            = "./topic"
  name              = "orders"
  fifo_topic        = true
  kms_master_key_id = "alias/sns"
  delivery_policy   = jsonencode({ http = { defaultHealthyRetryPolicy = { numRetries = 3 } } })
}
