instance = {
  class   = "db.m7g.large"
  storage = "100"
}
tags = {
  Cost = "4711"
}
