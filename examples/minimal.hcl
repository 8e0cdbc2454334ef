# Start it from this folder: cts start -config-file minimal.hcl
# Terraform's state goes to Consul's KV store, where the tasks' default is.

consul {
  address = "localhost:8500"
}

driver "terraform" {}

task {
  name        = "web-list"
  description = "lists the healthy instances of web"
  module      = "./modules/service-list"

  condition "services" {
    names = ["web"]
  }
}
