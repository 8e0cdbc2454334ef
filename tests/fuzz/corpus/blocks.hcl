consul { address = "localhost:8500" tls { verify = false } }
task {
  name = "web"
  module = "./m"
  condition "services" {
    names = ["web", "api",]
  }
  module_input "consul-kv" { path = "p" recurse = true }
  buffer_period { min = "5s" max = "20s" }
}
