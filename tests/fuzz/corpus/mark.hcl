port = 1
id = "é"
