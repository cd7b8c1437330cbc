// Hello as Go says it, for the table of sizes.
package main

import "fmt"

func main() {
	fmt.Println("Hello, Koru!")
}
