driver "terraform" {
  backend "consul" { gzip = true }
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
terraform_provider "aws" "b" { alias = "a" task_env { K = "v" } }
a b c d {}
