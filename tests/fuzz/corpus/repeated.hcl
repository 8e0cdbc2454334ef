consul {}
consul {}
services = ["x"]
services = ["y"]
port = 1
PORT = 2
