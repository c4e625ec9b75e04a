variable "name" {}
variable "class" {}
variable "replicas" {
  type = number
}
variable "encrypted" {
  type    = bool
  default = true
}

resource "aws_rds_cluster" "this" {
  cluster_identifier  = var.name
  engine              = "aurora-postgresql"
  storage_encrypted   = var.encrypted
  master_username     = "root_${replace(var.name, "-", "_")}"
  master_password     = "not-a-real-one"
  skip_final_snapshot = true
}

resource "aws_rds_cluster_instance" "this" {
  count              = var.replicas
  identifier         = "${var.name}-${count.index + 1}"
  cluster_identifier = aws_rds_cluster.this.id
  engine             = aws_rds_cluster.this.engine
  instance_class     = var.class
  promotion_tier     = min(count.index, 15)
}

output "class" {
  value = one(distinct(aws_rds_cluster_instance.this[*].instance_class))
}
