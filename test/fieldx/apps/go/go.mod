module field

go 1.21
