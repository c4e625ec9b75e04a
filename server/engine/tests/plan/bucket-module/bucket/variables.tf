variable "create_bucket" {
  type    = bool
  default = true
}
variable "bucket" {
  type    = string
  default = null
}
variable "acl" {
  type    = string
  default = null
}
variable "versioning" {
  type    = map(string)
  default = {}
}
variable "lifecycle_rule" {
  type    = any
  default = []
}
variable "server_side_encryption_configuration" {
  type    = any
  default = {}
}
variable "block_public_acls" {
  type    = bool
  default = true
}
variable "attach_deny_http_policy" {
  type    = bool
  default = false
}
