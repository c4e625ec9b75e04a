locals {
  name    = "web"
  empty   = []
  numbers = [3, 1, 2]
  names   = ["b", "a", "b", ""]
  object  = { a = 1, b = "two", c = [1, 2] }
  nested = {
    x = { port = 80, tags = { env = "dev" } }
    y = { port = 443, tags = {} }
  }
  map    = tomap({ k1 = "v1", k2 = "v2" })
  set    = toset(["b", "a", "b"])
  people = [{ name = "ann", age = 30 }, { name = "bob", age = 41 }]
  nothing = null
  secret = sensitive("s3cr3t")
  json   = "{\"a\":[1,2.5,null,true],\"b\":{\"c\":\"x\"}}"
}
