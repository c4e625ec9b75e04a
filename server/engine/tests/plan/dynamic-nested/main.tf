variable "origins" {
  default = {
    api = {
      domain    = "api.example.com"
      protocols = ["TLSv1.2"]
      headers   = { "X-A" = "1", "X-B" = "2" }
    }
    web = {
      domain    = "web.example.com"
      protocols = ["TLSv1.1", "TLSv1.2"]
      headers   = {}
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  enabled     = true
  price_class = "PriceClass_100"

  dynamic "origin" {
    for_each = var.origins
    content {
      origin_id   = origin.key
      domain_name = origin.value.domain

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = origin.value.protocols
      }

      dynamic "custom_header" {
        for_each = origin.value.headers
        iterator = header
        content {
          name  = header.key
          value = header.value
        }
      }
    }
  }

  default_cache_behavior {
    target_origin_id       = keys(var.origins)[0]
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    forwarded_values {
      query_string = false
      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
    minimum_protocol_version       = "TLSv1"
  }
}
