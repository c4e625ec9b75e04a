module "sites" {
  source   = "./site"
  for_each = { blog = { domain = "blog.example.com" }, docs = { domain = "docs.example.com", public = true } }
  name     = each.key
  domain   = each.value.domain
  public   = try(each.value.public, false)
}
