high_availability {
  cluster {
    name = "c"
    storage "consul" { session_ttl = "30s" }
  }
  instance { address = "h" }
}
driver "terraform-cloud" { organization = "o" token = "t" workspaces { tags = ["a"] } }
