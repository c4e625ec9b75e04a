locals {
  domain = "shop.example.com"
}

module "site" {
  source  = "./cdn"
  aliases = [local.domain, "www.${local.domain}"]
  origin = {
    app = {
      domain_name          = "origin.${local.domain}"
      custom_origin_config = { origin_protocol_policy = "match-viewer" }
      custom_header        = [{ name = "X-Origin", value = "cdn" }]
    }
    assets = {
      domain_name              = "assets.s3.eu-central-1.amazonaws.com"
      origin_access_control_id = "E2QWRUHAPOMQZL"
    }
  }
  default_cache_behavior = {
    target_origin_id       = "app"
    viewer_protocol_policy = "allow-all"
  }
  ordered_cache_behavior = [
    { path_pattern = "/assets/*", target_origin_id = "assets", viewer_protocol_policy = "redirect-to-https", compress = true },
  ]
  viewer_certificate = {
    acm_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
    ssl_support_method  = "sni-only"
  }
  geo_restriction = { restriction_type = "whitelist", locations = ["DE", "FR"] }
}
