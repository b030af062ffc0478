module matrix

go 1.13

require (
	golang.org/x/net v0.0.0-20210226172049-e18ecbb05110
	google.golang.org/grpc v1.40.0
)
