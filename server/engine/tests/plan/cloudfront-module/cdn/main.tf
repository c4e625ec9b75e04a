variable "aliases" {
  type    = list(string)
  default = null
}

variable "origin" {
  type    = any
  default = null
}

variable "default_cache_behavior" {
  type    = any
  default = null
}

variable "ordered_cache_behavior" {
  type    = any
  default = []
}

variable "viewer_certificate" {
  type = any
  default = {
    cloudfront_default_certificate = true
    minimum_protocol_version       = "TLSv1"
  }
}

variable "geo_restriction" {
  type    = any
  default = {}
}

variable "logging_config" {
  type    = any
  default = {}
}

resource "aws_cloudfront_distribution" "this" {
  enabled         = true
  is_ipv6_enabled = null
  aliases         = var.aliases
  price_class     = "PriceClass_100"

  dynamic "logging_config" {
    for_each = length(keys(var.logging_config)) == 0 ? [] : [var.logging_config]

    content {
      bucket = logging_config.value["bucket"]
      prefix = lookup(logging_config.value, "prefix", null)
    }
  }

  dynamic "origin" {
    for_each = var.origin

    content {
      domain_name              = origin.value.domain_name
      origin_id                = lookup(origin.value, "origin_id", origin.key)
      origin_path              = lookup(origin.value, "origin_path", "")
      origin_access_control_id = lookup(origin.value, "origin_access_control_id", null)

      dynamic "custom_origin_config" {
        for_each = length(lookup(origin.value, "custom_origin_config", "")) == 0 ? [] : [lookup(origin.value, "custom_origin_config", "")]

        content {
          http_port              = lookup(custom_origin_config.value, "http_port", 80)
          https_port             = lookup(custom_origin_config.value, "https_port", 443)
          origin_protocol_policy = custom_origin_config.value.origin_protocol_policy
          origin_ssl_protocols   = lookup(custom_origin_config.value, "origin_ssl_protocols", ["TLSv1.2"])
        }
      }

      dynamic "custom_header" {
        for_each = lookup(origin.value, "custom_header", [])

        content {
          name  = custom_header.value.name
          value = custom_header.value.value
        }
      }
    }
  }

  dynamic "default_cache_behavior" {
    for_each = [var.default_cache_behavior]
    iterator = i

    content {
      target_origin_id       = i.value["target_origin_id"]
      viewer_protocol_policy = i.value["viewer_protocol_policy"]
      allowed_methods        = lookup(i.value, "allowed_methods", ["GET", "HEAD", "OPTIONS"])
      cached_methods         = lookup(i.value, "cached_methods", ["GET", "HEAD"])
      compress               = lookup(i.value, "compress", null)
      cache_policy_id        = lookup(i.value, "cache_policy_id", "658327ea-f89d-4fab-a63d-7e88639e58f6")
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.ordered_cache_behavior
    iterator = i

    content {
      path_pattern           = i.value["path_pattern"]
      target_origin_id       = i.value["target_origin_id"]
      viewer_protocol_policy = i.value["viewer_protocol_policy"]
      allowed_methods        = lookup(i.value, "allowed_methods", ["GET", "HEAD", "OPTIONS"])
      cached_methods         = lookup(i.value, "cached_methods", ["GET", "HEAD"])
      compress               = lookup(i.value, "compress", null)
      cache_policy_id        = lookup(i.value, "cache_policy_id", "658327ea-f89d-4fab-a63d-7e88639e58f6")
    }
  }

  viewer_certificate {
    acm_certificate_arn            = lookup(var.viewer_certificate, "acm_certificate_arn", null)
    cloudfront_default_certificate = lookup(var.viewer_certificate, "cloudfront_default_certificate", null)
    minimum_protocol_version       = lookup(var.viewer_certificate, "minimum_protocol_version", "TLSv1.2_2021")
    ssl_support_method             = lookup(var.viewer_certificate, "ssl_support_method", null)
  }

  restrictions {
    dynamic "geo_restriction" {
      for_each = [var.geo_restriction]

      content {
        restriction_type = lookup(geo_restriction.value, "restriction_type", "none")
        locations        = lookup(geo_restriction.value, "locations", [])
      }
    }
  }
}
