variable "volumes" {
  type = list(object({
    size = number
    type = optional(string, "gp3")
    iops = optional(number)
  }))
  default = [{ size = 10 }, { size = 20, type = "io2", iops = 3000 }]
}

resource "aws_ebs_volume" "data" {
  count             = length(var.volumes)
  availability_zone = element(["eu-central-1a", "eu-central-1b"], count.index + 3)
  size              = var.volumes[count.index].size
  type              = var.volumes[count.index].type
  iops              = var.volumes[count.index].iops
  encrypted         = count.index > 0
  tags              = { Name = format("data-%02d", count.index) }
}

resource "aws_ssm_parameter" "sizes" {
  name  = "/sizes"
  type  = "StringList"
  value = join(",", aws_ebs_volume.data[*].size)
}

resource "aws_ssm_parameter" "total" {
  name  = "/total"
  type  = "String"
  value = sum(var.volumes[*].size) + 0.5
}

resource "aws_ssm_parameter" "encrypted" {
  name  = "/encrypted"
  type  = "String"
  value = jsonencode({ for i, v in aws_ebs_volume.data : "v${i}" => v.encrypted })
}
