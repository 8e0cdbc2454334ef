task {
  name = "a"
  source = "s"
  services = ["x"]
  source_input "services" { regexp = "(" }
  variables { a = "[for x in [1, 2] : x]" }
  variable_files = ["v.tfvars"]
}
service { name = "x" id = "y" }
