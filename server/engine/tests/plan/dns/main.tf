locals {
  records = {
    www  = { type = "CNAME", values = ["example.com"] }
    mail = { type = "MX", values = ["10 mx1.example.com", "20 mx2.example.com"], ttl = 3600 }
    txt  = { type = "TXT", values = ["v=spf1 -all"] }
  }
  zones = ["example.com", "example.org"]
  all = merge([
    for zone in local.zones : {
      for name, record in local.records : "${name}.${zone}" => merge(record, { zone = zone })
      if record.type != "TXT" || zone == "example.com"
    }
  ]...)
}

resource "aws_route53_zone" "this" {
  for_each = toset(local.zones)
  name     = each.key
}

resource "aws_route53_record" "this" {
  for_each = local.all
  zone_id  = aws_route53_zone.this[each.value.zone].zone_id
  name     = each.key
  type     = each.value.type
  ttl      = try(each.value.ttl, 300)
  records  = each.value.values
}
