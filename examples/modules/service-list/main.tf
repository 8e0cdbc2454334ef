# Writes the instances of the task's services to a file, one per line. It needs
# no provider, so it runs without network.

variable "services" {
  description = "The instances, as the task passes them"
  type = map(object({
    id      = string
    address = string
    port    = number
    status  = string
  }))
}

variable "file" {
  description = "Where the list goes; relative to the task's working directory"
  type        = string
  default     = "service-list.txt"
}

locals {
  lines = sort([
    for each in values(var.services) :
    "${each.id} ${each.address}:${each.port} ${each.status}"
  ])
  text = join("", [for line in local.lines : "${line}\n"])
}

# A change of the text replaces the resource, which writes the file again.
resource "terraform_data" "list" {
  input            = local.text
  triggers_replace = [var.file, local.text]

  provisioner "local-exec" {
    command = "printf '%s' \"$TEXT\" > \"$FILE\""
    environment = {
      FILE = var.file
      TEXT = local.text
    }
  }
}

output "instances" {
  description = "The lines of the file"
  value       = local.lines
}
