return { alias = "get" }
