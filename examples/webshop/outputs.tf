output "url" {
  description = "Where the shop answers."
  value       = "https://${aws_lb.web.dns_name}"
}

output "database_address" {
  description = "For the reporting team."
  value       = aws_db_instance.orders.address
}
