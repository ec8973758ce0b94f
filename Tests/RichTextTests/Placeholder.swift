// RichText
