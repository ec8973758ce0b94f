// MappingLanguage
