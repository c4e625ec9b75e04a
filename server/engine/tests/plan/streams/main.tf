variable "streams" {
  type = any
  default = {
    clicks = { shards = 2, encrypted = true }
    views  = { mode = "ON_DEMAND" }
  }
}

resource "aws_kinesis_stream" "this" {
  for_each         = var.streams
  name             = each.key
  shard_count      = lookup(each.value, "mode", "PROVISIONED") == "PROVISIONED" ? lookup(each.value, "shards", 1) : null
  retention_period = max(24, try(each.value.hours, 0))
  encryption_type  = lookup(each.value, "encrypted", false) ? "KMS" : "NONE"
  kms_key_id       = lookup(each.value, "encrypted", false) ? "alias/aws/kinesis" : null
  stream_mode_details {
    stream_mode = lookup(each.value, "mode", "PROVISIONED")
  }
}

resource "aws_msk_cluster" "main" {
  cluster_name           = "main"
  kafka_version          = "3.5.1"
  number_of_broker_nodes = 3
  broker_node_group_info {
    instance_type   = "kafka.m5.large"
    client_subnets  = [for n in range(3) : "subnet-${n}"]
    security_groups = ["sg-1"]
    storage_info {
      ebs_storage_info {
        volume_size = floor(100.9)
      }
    }
  }
  encryption_info {
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }
  open_monitoring {
    prometheus {
      jmx_exporter {
        enabled_in_broker = false
      }
      node_exporter {
        enabled_in_broker = false
      }
    }
  }
}
