"""Who joined the shop's own Wi-Fi, told by routers, and the page where guests agree or refuse. A program of its own."""
