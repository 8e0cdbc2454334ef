port = 1
id =