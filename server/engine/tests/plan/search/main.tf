variable "zone_awareness" {
  type    = number
  default = 2
}

locals {
  nodes = { data = 2, master = 3 }
}

resource "aws_opensearch_domain" "main" {
  domain_name    = "main"
  engine_version = "OpenSearch_2.11"

  cluster_config {
    instance_type            = "r6g.large.search"
    instance_count           = local.nodes.data
    dedicated_master_enabled = local.nodes["master"] > 0
    dedicated_master_count   = local.nodes.master > 0 ? local.nodes.master : null
    zone_awareness_enabled   = var.zone_awareness > 1

    dynamic "zone_awareness_config" {
      for_each = var.zone_awareness > 1 ? [1] : []
      content {
        availability_zone_count = var.zone_awareness
      }
    }
  }

  encrypt_at_rest {
    enabled = true
  }

  node_to_node_encryption {
    enabled = true
  }

  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-2019-07"
  }

  dynamic "log_publishing_options" {
    for_each = toset(["AUDIT_LOGS", "ES_APPLICATION_LOGS"])
    content {
      log_type                 = log_publishing_options.key
      cloudwatch_log_group_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:${lower(log_publishing_options.value)}"
      enabled                  = true
    }
  }

  ebs_options {
    ebs_enabled = true
    volume_size = 100
  }
}
