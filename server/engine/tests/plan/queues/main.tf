locals {
  queues = yamldecode(file("${path.module}/queues.yaml"))
  names  = sort(keys(local.queues))
}

resource "aws_sqs_queue" "dead" {
  for_each                  = { for name, q in local.queues : name => q if lookup(q, "dead_letter", false) }
  name                      = "${each.key}-dead"
  message_retention_seconds = 14 * 24 * 3600
}

resource "aws_sqs_queue" "this" {
  for_each                   = local.queues
  name                       = each.value.fifo ? "${each.key}.fifo" : each.key
  fifo_queue                 = each.value.fifo
  visibility_timeout_seconds = try(each.value.timeout, 30)
  kms_master_key_id          = "alias/aws/sqs"
  tags                       = zipmap(local.names, [for i in range(length(local.names)) : tostring(i)])
}
