return { alias = "ls" }
