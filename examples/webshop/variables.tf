variable "region" {
  description = "Where the shop runs."
  type        = string
  default     = "eu-west-1"
}

variable "environment" {
  description = "dev, staging or prod."
  type        = string
}

variable "vpc_id" {
  description = "The network that the platform team made for us."
  type        = string
}

variable "private_subnets" {
  description = "Subnets without a route to the internet."
  type        = list(string)
}

variable "ssh_networks" {
  description = "Who may log in to the bastion."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "db_password" {
  description = "Master password of the orders database."
  type        = string
  sensitive   = true
}

variable "database" {
  description = "Size and protection of the orders database."
  type = object({
    instance_class = string
    encrypted      = optional(bool, true)
    public         = optional(bool, false)
  })
}

variable "certificate_arn" {
  description = "Certificate of the shop's domain."
  type        = string
}
